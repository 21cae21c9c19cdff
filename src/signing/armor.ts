/** The length of all lines of a token but the last. */
export const ARMOR_COLUMNS = 64

/** Returns a token as a text file: wrapped, between two lines that say what it is. */
export function armor(label: 'LICENSE' | 'REVOCATIONS', token: string): string {
  const lines = token.match(new RegExp(`.{1,${ARMOR_COLUMNS}}`, 'g')) ?? []
  const border = (side: string) => `-----${side} LICET ${label}-----`
  return `${[border('BEGIN'), ...lines, border('END')].join('\n')}\n`
}
