const COLUMNS = 64

/** Returns a token as a text file: wrapped, between two lines that say what it is. */
export function armor(label: 'LICENSE' | 'REVOCATIONS', token: string): string {
  const lines = token.match(new RegExp(`.{1,${COLUMNS}}`, 'g')) ?? []
  const border = (side: string) => `-----${side} LICET ${label}-----`
  return `${[border('BEGIN'), ...lines, border('END')].join('\n')}\n`
}
