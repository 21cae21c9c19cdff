const GAP = '  '

/** Lines with their columns aligned. What could steer a terminal is shown as `?`. */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map((text) => text.replaceAll(/\p{C}/gu, '?')))
  const widthOf = (column: number) =>
    Math.max(...cells.map((row) => Bun.stringWidth(row[column] ?? '')))
  const widths = (cells[0] ?? []).map((_, column) => widthOf(column))
  const pad = (text: string, column: number) =>
    text + ' '.repeat((widths[column] ?? 0) - Bun.stringWidth(text))
  return cells.map((row) => row.map(pad).join(GAP).trimEnd())
}
