import { listOtherReadings, parseKey } from './keys.ts'

const SYMBOLS = 16
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * Returns the canonical keys that check out and differ from a mistyped Licet key in one symbol, or in
 * two neighbors that changed places. Returns none for any other text.
 */
export function listNearKeys(text: string): readonly string[] {
  const typed = [parseKey(text), ...listOtherReadings(text)].find(({ kind }) => kind === 'licet')
  if (typed?.kind !== 'licet' || typed.checksOut) return []
  const compact = typed.canonical.replaceAll('-', '')
  const near = new Set<string>()
  for (let index = compact.length - SYMBOLS; index < compact.length; index += 1) {
    const [before, after] = [compact.slice(0, index), compact.slice(index + 1)]
    const swapped = after.charAt(0) + compact.charAt(index) + after.slice(1)
    for (const end of [...[...ALPHABET].map((symbol) => symbol + after), swapped]) {
      const key = parseKey(before + end)
      if (key.kind === 'licet' && key.checksOut) near.add(key.canonical)
    }
  }
  return [...near]
}
