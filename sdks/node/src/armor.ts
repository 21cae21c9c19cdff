import type { TokenType } from './claims.ts'

const ARMOR = /^-----BEGIN LICET ([A-Z]+)-----\r?\n([\s\S]*)\r?\n-----END LICET \1-----$/
const WHITE_SPACE_AROUND = /^[ \t\r\n]+|[ \t\r\n]+$/g
const WHITE_SPACE = /[ \t\r\n]+/g
const labels: Partial<Readonly<Record<TokenType, string>>> = {
  'licet-file+jwt': 'LICENSE',
  'licet-revocations+jwt': 'REVOCATIONS',
}

/**
 * Returns the token in the armor of a file or a feed. Returns any other text as it is, which is then
 * either a compact token or malformed.
 */
export function removeArmor(text: string, type: TokenType): string {
  const armored = text.replace(/^\ufeff/, '').replace(WHITE_SPACE_AROUND, '')
  const [, label, contents] = ARMOR.exec(armored) ?? []
  if (contents === undefined || label !== labels[type]) return text
  return contents.replace(WHITE_SPACE, '')
}
