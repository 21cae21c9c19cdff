import { removeUnstorable } from '~/domain/text.ts'
import type { Vault } from '~/platform/vault.ts'

/** Far deeper than any event of a shop. A much deeper one cannot be turned into text again. */
const DEPTH_MAX = 1000

/** A request of a provider: its body, and the headers that the translation reads, in lower case. */
export interface RawEvent {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** Encrypts a raw event, as it is stored. */
export function sealRawEvent(vault: Pick<Vault, 'seal'>, { body, headers }: RawEvent): string {
  return vault.seal('checkout-event', JSON.stringify({ body, headers }))
}

/** Returns the JSON object in a body, which may start with a byte order mark; null for anything else. */
export function parseRawBody(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = parseStorable(text.replace(/^\ufeff/, ''))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/**
 * Parses JSON of a provider. Its texts, which buyers may have typed, lose the characters that a database
 * cannot store. Throws a SyntaxError for anything that is no JSON.
 */
export function parseStorable(text: string): unknown {
  // Only an escape can stand for such a character, and nearly no event has one.
  return JSON.parse(text, /\\u(?:0000|d[89a-f])/i.test(text) ? cleanText : undefined)
}

const cleanText = (_name: string, value: unknown) =>
  typeof value === 'string' ? removeUnstorable(value) : value

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns the JSON object in a body, to be written as JSON; null if it is nested too deeply for that. */
export function parseShownBody(text: string): Readonly<Record<string, unknown>> | null {
  const value = parseRawBody(text)
  return isTooDeep(value) ? null : value
}

function isTooDeep(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEPTH_MAX) return true
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? Object.values(each) : [],
    )
  }
  return false
}

export function openRawEvent(vault: Pick<Vault, 'open'>, sealed: string): RawEvent {
  return JSON.parse(vault.open('checkout-event', sealed)) as RawEvent
}
