import { formatTable } from './table.ts'

/** Prints a line. Unlike `console.log`, it lets the command fail if the line cannot be written. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, null, 2))
}

/** Prints rows with aligned columns, each in one line. */
export function printTable(rows: readonly (readonly string[])[]): void {
  for (const line of formatTable(rows)) printLine(line)
}
