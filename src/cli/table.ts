const GAP = '  '

/** Names come from others: what could steer the terminal is shown as `?`. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?')
}

/** Printable lines with their columns aligned. */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map(printable))
  const widthOf = (column: number) =>
    Math.max(...cells.map((row) => Bun.stringWidth(row[column] ?? '')))
  const widths = (cells[0] ?? []).map((_, column) => widthOf(column))
  const pad = (text: string, column: number) =>
    text + ' '.repeat((widths[column] ?? 0) - Bun.stringWidth(text))
  return cells.map((row) => row.map(pad).join(GAP).trimEnd())
}
