/** Rows of more than this are no licenses, but a quote that is never closed. */
export const ROW_CHARACTERS_MAX = 1_048_576

const QUOTE = '"'
const SEPARATORS: readonly string[] = [',', ';', '\t']

/** One row, with the line of the file where it begins. */
export interface CsvRow {
  readonly line: number
  readonly cells: readonly string[]
  /** Why the row cannot be read; its cells are empty then. */
  readonly flaw: string | null
}

/**
 * Returns a parser of RFC 4180 that takes a file in parts and returns the rows that are complete. The
 * first row decides whether commas, semicolons or tabs separate cells. Lines may end in CR, LF or both.
 */
export function createCsvParser() {
  let rest = ''
  let line = 1
  let separator: string | null = null
  /** How far `rest` has been searched, and whether a quote was open there. */
  let searched = { at: 0, isQuoted: false }
  let isBroken = false

  function takeRow(isEnd: boolean): CsvRow | null {
    const end = isBroken ? null : findRowEnd(isEnd)
    if (end === null) return null
    if (end.flaw !== null) {
      // From here on, no row can be told from the text of a cell.
      isBroken = true
      rest = ''
      return { line, cells: [], flaw: `${end.flaw} Nothing after it was read.` }
    }
    const text = rest.slice(0, end.at)
    const row = { line, cells: splitRow(text), flaw: null }
    line += countLines(text) + 1
    rest = rest.slice(end.next)
    searched = { at: 0, isQuoted: false }
    return row
  }

  function findRowEnd(isEnd: boolean) {
    let { at, isQuoted } = searched
    for (; at < rest.length; at += 1) {
      const character = rest[at]
      // A quote elsewhere than around a cell is part of its text, such as the sign for inches.
      if (character === QUOTE) isQuoted = !isQuoted && (isCellStart(at) || rest[at - 1] === QUOTE)
      if (isQuoted || (character !== '\n' && character !== '\r')) continue
      // The next part may begin with the LF of this CR.
      if (character === '\r' && at + 1 === rest.length && !isEnd) break
      return { at, next: rest.startsWith('\r\n', at) ? at + 2 : at + 1, flaw: null }
    }
    searched = { at, isQuoted }
    if (rest.length > ROW_CHARACTERS_MAX) return { at, next: at, flaw: flawOf(isQuoted) }
    if (!isEnd || rest === '') return null
    return { at, next: at, flaw: isQuoted ? flawOf(true) : null }
  }

  const isCellStart = (at: number) =>
    at === 0 || (separator ?? SEPARATORS).includes(rest.charAt(at - 1))

  function splitRow(text: string): readonly string[] {
    separator ??= findSeparator(text)
    return text.includes(QUOTE) ? splitQuoted(text, separator) : text.split(separator)
  }

  return {
    /** Returns the rows that end in this part; with `isEnd`, also the last one. */
    push: function* (part: string, isEnd: boolean): Generator<CsvRow, void> {
      if (isBroken) return
      rest += part
      for (let row = takeRow(isEnd); row !== null; row = takeRow(isEnd)) {
        const isBlank = row.cells.every((cell) => cell.trim() === '')
        if (!isBlank || row.flaw !== null) yield row
      }
    },
  }
}

const flawOf = (isQuoted: boolean) =>
  isQuoted ? 'A quote that begins here is never closed.' : 'The row is too long.'

const countLines = (text: string) => text.match(/\r\n|\r|\n/g)?.length ?? 0

/** Returns the separator that occurs most often outside of quotes. */
function findSeparator(text: string): string {
  const bare = text.replace(/"[^"]*"/g, '')
  const counts = SEPARATORS.map((separator) => bare.split(separator).length)
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ','
}

/** Splits a row with quotes: doubled ones are quotes, and text after a closing one belongs to its cell. */
function splitQuoted(text: string, separator: string): readonly string[] {
  const cells: string[] = []
  let at = 0
  while (at <= text.length) {
    const isQuoted = text[at] === QUOTE
    const closing = isQuoted ? findClosingQuote(text, at) : at
    const quoted = isQuoted ? text.slice(at + 1, closing).replaceAll('""', QUOTE) : ''
    const plainStart = isQuoted ? closing + 1 : at
    const end = text.indexOf(separator, plainStart)
    const plain = text.slice(plainStart, end === -1 ? undefined : end)
    cells.push(quoted + plain)
    if (end === -1) break
    at = end + 1
  }
  return cells
}

function findClosingQuote(text: string, opening: number): number {
  let at = text.indexOf(QUOTE, opening + 1)
  while (at !== -1 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2)
  return at === -1 ? text.length : at
}
