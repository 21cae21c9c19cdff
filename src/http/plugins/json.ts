import { Fault, type FieldError } from '~/domain/faults.ts'

/** How much a body may have. A long list takes much longer to read than its bytes. */
export interface JsonLimits {
  readonly parts: number
  /** Of all strings and numbers together. */
  readonly literalsLength: number
}

/** Five times more than any valid body has. Only bulk bodies could have more characters. */
const usualLimits: JsonLimits = { parts: 20_000, literalsLength: 262_144 }
/** Deeper than any body of ours. A recursive walk over a deeper one would overflow the stack. */
const DEPTH_MAX = 32
const FLAWS_MAX = 20
/** Brackets, separators, and the starts of strings and numbers. */
const PART = /["{}[\],:\d]/g
const NUMBER = /[\d.eE+-]*/y
const LITERAL = /[\w.+-]*/y
const GAP = /[\s,:]*/y
/** Any double has a shorter form. */
const NUMBER_CHARACTERS_MAX = 100
/** Numbers with fewer characters, and without an exponent, are always exact. */
const DIGITS_EXACT = 15

const QUOTE = 0x22

/**
 * Parses a request body. A `strict` one must mean the same to every reader: a member that occurs
 * twice and a number that a double cannot represent get `validation_failed` with their pointer.
 */
export function parseJson(text: string, isStrict: boolean, limits = usualLimits): unknown {
  // A short text without inner brackets has no depth or number of parts to check.
  if (!isStrict && text.length < limits.parts && isFlat(text)) return tryParse(text)
  const { members, hasLongNumber } = outline(text, limits)
  const value = tryParse(text)
  if (isStrict && (hasLongNumber || members !== countMembers(value))) {
    const errors = listFlaws(text)
    const [first] = errors
    if (first !== undefined) {
      const detail = `The request body is ambiguous. ${first.pointer}: ${first.detail}`
      throw new Fault('validation_failed', detail, { errors })
    }
  }
  return value
}

const isFlat = (text: string) => text.lastIndexOf('{') <= 0 && !text.includes('[')

export function invalidJson(
  detail = 'The request body is not valid JSON. Send a single JSON object.',
): Fault {
  return new Fault('invalid_json', detail)
}

/** Returns JSON with the members of every object in one order, so that equal values are equal texts. */
export function formatCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  )
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidJson()
  }
}

/** Measures a text before it is parsed, so that no deep value and no long list is ever built. */
function outline(text: string, limits: JsonLimits) {
  let [depth, parts, members, length, hasLongNumber] = [0, 0, 0, 0, false]
  for (let at = findFrom(PART, text, 0); at !== -1; at = findFrom(PART, text, at + 1)) {
    const symbol = text[at]
    parts += 1
    if (symbol === '"') {
      const end = findStringEnd(text, at, length, limits)
      length += end - at
      at = end
    } else if (symbol === ':') members += 1
    else if (symbol === '{' || symbol === '[') depth += 1
    else if (symbol === '}' || symbol === ']') depth -= 1
    else if (symbol !== ',') {
      const end = skip(NUMBER, text, at)
      length += end - at
      checkLength(length, limits)
      hasLongNumber ||= end - at > DIGITS_EXACT || /e/i.test(text.slice(at, end))
      at = end - 1
    }
    if (depth > DEPTH_MAX) {
      throw tooComplex(`is nested deeper than ${DEPTH_MAX} levels. Use fewer levels.`)
    }
    if (parts > limits.parts) throw tooComplex('has too many values. Send fewer in each request.')
  }
  return { members, hasLongNumber }
}

function tooComplex(problem: string): Fault {
  return new Fault('validation_failed', `The request body ${problem}`)
}

/** Returns the index of the first match at or after `start`; -1 if there is none. */
function findFrom(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex - 1 : -1
}

/** For a text that was measured already. */
const anyLength = { literalsLength: Number.POSITIVE_INFINITY }

/** Returns the index of the closing quote of the string that starts at an index. */
function findStringEnd(text: string, start: number, lengthBefore = 0, limits = anyLength): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    checkLength(lengthBefore + end - start, limits)
    let backslashes = 0
    while (text[end - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return end
  }
  return text.length
}

function checkLength(
  length: number,
  { literalsLength: max }: Pick<JsonLimits, 'literalsLength'>,
): void {
  if (length <= max) return
  throw tooComplex(`has values of more than ${max} characters in total. Send less in each request.`)
}

/** Returns the index after the longest match of a sticky pattern. */
function skip(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start
  pattern.test(text)
  return pattern.lastIndex
}

function countMembers(body: unknown): number {
  let count = 0
  const values = [body]
  while (values.length > 0) {
    const value = values.pop()
    if (typeof value !== 'object' || value === null) continue
    const inner = Object.values(value)
    if (!Array.isArray(value)) count += inner.length
    for (const each of inner) if (typeof each === 'object') values.push(each)
  }
  return count
}

/** Walks a valid JSON text again to find the pointers of repeated members and inexact numbers. */
function listFlaws(text: string): FieldError[] {
  const flaws: FieldError[] = []
  let at = 0

  function visit(pointer: string): void {
    skipGap()
    if (text[at] === '{') visitMembers(pointer)
    else if (text[at] === '[') visitItems(pointer)
    else if (text.charCodeAt(at) === QUOTE) at = findStringEnd(text, at) + 1
    else {
      const start = at
      at = skip(LITERAL, text, at)
      if (flaws.length < FLAWS_MAX && !isExact(text.slice(start, at))) {
        flaws.push({ pointer, detail: 'JSON readers would change this number. Send it as text.' })
      }
    }
    skipGap()
  }

  function visitMembers(pointer: string): void {
    const names = new Set<string>()
    for (at += 1, skipGap(); text[at] !== '}'; ) {
      const end = findStringEnd(text, at) + 1
      const name: string = JSON.parse(text.slice(at, end))
      at = end
      const inner = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      if (flaws.length < FLAWS_MAX && names.has(name)) {
        flaws.push({ pointer: inner, detail: 'This field occurs twice. Send it once.' })
      }
      names.add(name)
      visit(inner)
    }
    at += 1
  }

  function visitItems(pointer: string): void {
    at += 1
    skipGap()
    for (let index = 0; text[at] !== ']'; index += 1) visit(`${pointer}/${index}`)
    at += 1
  }

  function skipGap(): void {
    at = skip(GAP, text, at)
  }

  visit('')
  return flaws
}

/** Whether a JSON literal is a number that JavaScript writes back as the same number, or no number. */
function isExact(literal: string): boolean {
  if (!/^-?\d/.test(literal)) return true
  if (literal.length > NUMBER_CHARACTERS_MAX) return false
  const value = Number(literal)
  return Number.isFinite(value) && formatDecimal(literal) === formatDecimal(String(value))
}

/** Returns the digits without zeros at either end, and the power of ten of the last digit. */
function formatDecimal(literal: string): string {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().replace(/^-/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}
