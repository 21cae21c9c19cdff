/** Spreadsheets run a cell that starts like this as a formula, also in full width (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/
/** Spreadsheets of some languages separate cells by semicolons. */
const QUOTED = /[",;\t\r\n]/

export const CSV_TYPE = 'text/csv; charset=utf-8; header=present'
export const NDJSON_TYPE = 'application/x-ndjson'

/** Formats a line as RFC 4180 does. A text that would be a formula is prefixed with an apostrophe. */
export function toCsvLine(values: readonly (string | number | boolean | null)[]): string {
  const cells = values.map((value) => {
    const text = String(value ?? '')
    const escaped = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text
    return QUOTED.test(escaped) ? `"${escaped.replaceAll('"', '""')}"` : escaped
  })
  return `${cells.join(',')}\r\n`
}
