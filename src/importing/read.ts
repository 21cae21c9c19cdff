import { createReadStream } from 'node:fs'
import { Fault } from '~/domain/faults.ts'
import { createCsvParser } from './csv-parser.ts'
import { createJsonParser } from './json-parser.ts'
import type { SourceRecord } from './source.ts'

const COLUMNS_MAX = 1000
const BYTE_ORDER_MARK = '\ufeff'

/** A record of a file, or why it cannot be read. */
export type ReadRecord =
  | { readonly line: number; readonly record: SourceRecord }
  | { readonly line: number; readonly flaw: string }

/**
 * Reads the records of a CSV or JSON file of any size, one after the other. `lists` names the members
 * of a JSON document that contain records. Throws a Fault for a file that is no text, and whatever
 * `checkHeaders` throws for the headers of CSV.
 */
export async function* readRecords(
  path: string,
  lists: readonly string[],
  checkHeaders: CheckHeaders,
): AsyncGenerator<ReadRecord, void> {
  let push: Push | null = null
  let start = ''
  for await (const { text, isEnd } of readTexts(path)) {
    if (push === null) {
      start += text
      const first = start.replace(BYTE_ORDER_MARK, '').trimStart()[0]
      // Until the first character, the format is unknown.
      if (first === undefined && !isEnd) continue
      push =
        first === '{' || first === '[' ? createJsonReader(lists) : createCsvReader(checkHeaders)
      yield* push(start.replace(BYTE_ORDER_MARK, ''), isEnd)
    } else yield* push(text, isEnd)
  }
}

type CheckHeaders = (headers: readonly string[]) => void

type Push = (part: string, isEnd: boolean) => Generator<ReadRecord, void>

/** Decodes UTF-8, and UTF-16 with a byte order mark, which spreadsheets write. */
async function* readTexts(path: string): AsyncGenerator<{ text: string; isEnd: boolean }, void> {
  let decoder: TextDecoder | null = null
  const decode = (bytes: Uint8Array | undefined) => {
    try {
      return decoder?.decode(bytes, { stream: bytes !== undefined }) ?? ''
    } catch (cause) {
      const detail = `${path} is not in UTF-8. Export it again in UTF-8, or convert it with: iconv -f WINDOWS-1252 -t UTF-8`
      throw new Fault('invalid_request', detail, { cause })
    }
  }
  for await (const chunk of createReadStream(path)) {
    const bytes: Uint8Array = chunk
    decoder ??= new TextDecoder(findEncoding(bytes), { fatal: true })
    yield { text: decode(bytes), isEnd: false }
  }
  yield { text: decode(undefined), isEnd: true }
}

function findEncoding([first, second]: Uint8Array): Bun.Encoding {
  if (first === 0xff && second === 0xfe) return 'utf-16'
  return 'utf-8'
}

function createJsonReader(lists: readonly string[]): Push {
  const parser = createJsonParser(lists)
  return function* (part, isEnd) {
    for (const { line, text, flaw } of parser.push(part, isEnd)) {
      yield flaw === null ? parseObject(line, text) : { line, flaw }
    }
  }
}

function parseObject(line: number, text: string): ReadRecord {
  try {
    return { line, record: JSON.parse(text) }
  } catch {
    return { line, flaw: 'This is not valid JSON.' }
  }
}

function createCsvReader(checkHeaders: CheckHeaders): Push {
  const parser = createCsvParser()
  let headers: readonly string[] | null = null
  return function* (part, isEnd) {
    for (const { line, cells, flaw } of parser.push(part, isEnd)) {
      if (headers === null) {
        headers = readHeaders(cells, flaw)
        checkHeaders(headers)
      } else yield flaw === null ? buildRecord(line, headers, cells) : { line, flaw }
    }
  }
}

function readHeaders(cells: readonly string[], flaw: string | null): readonly string[] {
  if (flaw !== null) throw new Fault('invalid_request', `The headers of the file: ${flaw}`)
  const headers = cells.map((cell) => cell.trim())
  const twice = headers.find((name, index) => name !== '' && headers.indexOf(name) < index)
  if (twice !== undefined) {
    throw new Fault('invalid_request', `The file has two columns named ${twice}. Rename one.`)
  }
  if (headers.length <= COLUMNS_MAX) return headers
  throw new Fault('invalid_request', `The file has more than ${COLUMNS_MAX} columns.`)
}

/** A row may have fewer cells than there are headers, but no more, except for empty ones. */
function buildRecord(line: number, headers: readonly string[], cells: readonly string[]) {
  if (cells.slice(headers.length).some((cell) => cell.trim() !== '')) {
    const flaw = `The row has ${cells.length} cells, but there are ${headers.length} columns. Put quotes around cells with separators.`
    return { line, flaw }
  }
  const entries = headers.map((name, index) => [name, cells[index] ?? ''] as const)
  return { line, record: Object.fromEntries(entries.filter(([name]) => name !== '')) }
}
