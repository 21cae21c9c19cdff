import type { TokenType } from './claims.ts'

const LINE_BREAK = /\r\n|\r|\n/
const labels: Partial<Readonly<Record<TokenType, string>>> = {
  'licet-file+jwt': 'LICET LICENSE',
  'licet-revocations+jwt': 'LICET REVOCATIONS',
}

/**
 * Returns the token in the armor of a license file or a feed, or the text itself without armor. Lines
 * may have any length, line ends and white space around them; any other text is left for the caller to
 * reject.
 */
export function removeArmor(text: string, type: TokenType): string {
  const label = labels[type]
  const lines = text.trim().split(LINE_BREAK)
  const isArmored =
    label !== undefined &&
    lines[0]?.trimEnd() === `-----BEGIN ${label}-----` &&
    lines.at(-1) === `-----END ${label}-----`
  if (!isArmored) return text
  return lines
    .slice(1, -1)
    .map((line) => line.trim())
    .join('')
}
