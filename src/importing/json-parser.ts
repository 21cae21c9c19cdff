import { ROW_CHARACTERS_MAX } from './csv-parser.ts'

/** The text of one object of a JSON document, with the line where it begins. */
export interface JsonObject {
  readonly line: number
  readonly text: string
  /** Why the document cannot be read any further; null otherwise. */
  readonly flaw: string | null
}

/** The record depth between the lists of a document: no record begins there. */
const NOWHERE = -1

type State = ReturnType<typeof createState>

function createState() {
  return {
    line: 1,
    depth: 0,
    /** The depth at which records begin: 0 in NDJSON, 1 in an array, 2 in a list of an object. */
    recordDepth: 0,
    isText: false,
    isEscaped: false,
    /** The last text at depth 1, which names the member that follows. */
    name: '',
    record: null as { readonly line: number; text: string } | null,
    isBroken: false,
  }
}

/**
 * Returns a parser that takes a file in parts and returns each object that is complete: of an array, of
 * NDJSON, or of a list in an object, such as `data`, if `lists` contains its name. Documents may follow
 * one another, like the pages of an API.
 */
export function createJsonParser(lists: readonly string[]) {
  const state = createState()
  return {
    push: function* (part: string, isEnd: boolean): Generator<JsonObject, void> {
      let start = 0
      for (let at = 0; at < part.length && !state.isBroken; at += 1) {
        const character = part.charAt(at)
        if (character === '\n') state.line += 1
        if (state.isText) readText(state, character)
        else if (character === '"' && !isBetweenRecords(state)) beginText(state)
        else if (character === '{' || character === '[') {
          if (state.record === null) start = at
          open(state, character, lists)
        } else if (character === '}' || character === ']') {
          if (close(state)) yield takeRecord(state, part.slice(start, at + 1))
        } else if (isBetweenRecords(state) && !/[\s,]/.test(character)) {
          yield breakOff(state, 'This is no object. Use a list of objects.')
        }
      }
      if (state.record !== null) state.record.text += part.slice(start)
      const flaw = findEndFlaw(state, isEnd)
      if (flaw !== null) yield breakOff(state, flaw)
    },
  }
}

function readText(state: State, character: string): void {
  if (state.isEscaped) state.isEscaped = false
  else if (character === '\\') state.isEscaped = true
  else if (character === '"') state.isText = false
  if (state.depth === 1 && state.isText) state.name += character
}

function beginText(state: State): void {
  state.isText = true
  if (state.depth === 1) state.name = ''
}

const isBetweenRecords = ({ record, depth, recordDepth }: State) =>
  record === null && depth === recordDepth

function open(state: State, character: string, lists: readonly string[]): void {
  const { depth, recordDepth } = state
  const isInDocument = depth === 1 && (recordDepth === 0 || recordDepth === NOWHERE)
  if (isInDocument && character === '[' && lists.includes(state.name)) {
    // The object is a document with a list of records, and no record itself.
    state.record = null
    state.recordDepth = 2
  } else if (depth === 0 && character === '[') state.recordDepth = 1
  else if (depth === recordDepth && character === '{') {
    state.record = { line: state.line, text: '' }
  }
  state.depth += 1
}

/** Returns whether a record ends here. */
function close(state: State): boolean {
  state.depth -= 1
  if (state.record !== null) return state.depth === state.recordDepth
  if (state.recordDepth === 2 && state.depth === 1) state.recordDepth = NOWHERE
  if (state.depth <= 0) Object.assign(state, { depth: 0, recordDepth: 0 })
  return false
}

function takeRecord(state: State, end: string): JsonObject {
  const { line, text } = state.record ?? { line: state.line, text: '' }
  state.record = null
  return { line, text: text + end, flaw: null }
}

function findEndFlaw({ isBroken, record, depth }: State, isEnd: boolean): string | null {
  if (isBroken) return null
  if (record !== null && record.text.length > ROW_CHARACTERS_MAX) return 'The record is too long.'
  return isEnd && depth > 0 ? 'The file ends too early.' : null
}

function breakOff(state: State, flaw: string): JsonObject {
  const line = state.record?.line ?? state.line
  state.isBroken = true
  state.record = null
  return { line, text: '', flaw: `${flaw} Nothing after it was read.` }
}
