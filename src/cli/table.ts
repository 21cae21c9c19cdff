import { replaceInvisible } from '~/domain/text.ts'

const GAP = '  '

/** Replaces characters that show nothing by `?`: names may contain terminal escape sequences. */
export function printable(text: string): string {
  return replaceInvisible(text, '?')
}

/** Formats rows as printable lines with aligned columns. */
export function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map(printable))
  const widthOf = (column: number) =>
    Math.max(...cells.map((row) => Bun.stringWidth(row[column] ?? '')))
  const widths = (cells[0] ?? []).map((_, column) => widthOf(column))
  const pad = (text: string, column: number) =>
    text + ' '.repeat((widths[column] ?? 0) - Bun.stringWidth(text))
  return cells.map((row) => row.map(pad).join(GAP).trimEnd())
}
