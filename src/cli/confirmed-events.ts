import { readFileSync, statSync } from 'node:fs'
import { Fault, reasonOf } from '~/domain/faults.ts'
import { isLoopbackHost } from '~/domain/hosts.ts'
import type { Confirmed } from '~/store/sqlite/files/loss.ts'

/** The events that the vendor's webhook receivers have confirmed, to find those that a restore lost. */

const BYTES_MAX = 67_108_864
const EVENTS_MAX = 1_000_000
const FETCH_MS = 30_000
const EVENT_ID = /\bevt_[0-9a-z]{26}\b/
const SEQUENCE = /\b(lic_[0-9a-z]{26})\b[\s,;:]+(\d{1,12})\b/

/**
 * Reads a file or an https URL, with an event per line: its ID, or the body of its webhook request as
 * JSON, or the ID of a license and the last sequence. One JSON array, or an object whose `data` is
 * one, does as well. Throws a Fault if nothing of that is in it.
 */
export async function readConfirmed(source: string): Promise<readonly Confirmed[]> {
  const text = /^https?:\/\//.test(source) ? await fetchText(source) : readText(source)
  const confirmed = listItems(text).flatMap((item) => parseItem(item) ?? [])
  if (confirmed.length > EVENTS_MAX) {
    throw new Fault('validation_failed', `${source} has more than ${EVENTS_MAX} events.`)
  }
  if (confirmed.length > 0) return confirmed
  const detail = `${source} has no events. Each line needs the ID of an event, such as evt_01jg3m8v5mf1x8yq1r5c2w7h3k, the body of a webhook request, or the ID of a license and its last sequence.`
  throw new Fault('validation_failed', detail)
}

function readText(path: string): string {
  const file = statSync(path, { throwIfNoEntry: false })
  if (!file?.isFile()) throw new Fault('not_found', `There is no file ${path}.`)
  if (file.size > BYTES_MAX) throw tooLarge(path)
  return readFileSync(path, 'utf8')
}

async function fetchText(address: string): Promise<string> {
  const url = URL.parse(address)
  if (url === null || (url.protocol !== 'https:' && !isLoopbackHost(url.hostname))) {
    throw new Fault('validation_failed', `${address} must be an https URL.`)
  }
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(FETCH_MS) })
    if (!response.ok) throw new Error(`it responds with ${response.status}`)
    return await readBody(response, address)
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    const reason = reasonOf(cause)
    throw new Fault('unavailable', `${address} cannot be read: ${reason}.`, { cause })
  }
}

async function readBody(response: Response, address: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > BYTES_MAX) throw tooLarge(address)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const tooLarge = (source: string) =>
  new Fault('validation_failed', `${source} has more than 64 MiB. Only hand in the last events.`)

/** Returns the members of a JSON array, or else the lines. */
function listItems(text: string): readonly unknown[] {
  const whole = parseJson(text)
  if (Array.isArray(whole)) return whole
  if (isObject(whole) && Array.isArray(whole.data)) return whole.data
  return text.split('\n')
}

function parseItem(item: unknown): Confirmed | null {
  if (typeof item !== 'string') return parseBody(item)
  if (item.trimStart().startsWith('{')) return parseBody(parseJson(item))
  const [, licenseId = '', sequence] = SEQUENCE.exec(item) ?? []
  if (sequence !== undefined) return { kind: 'sequence', licenseId, sequence: Number(sequence) }
  const id = EVENT_ID.exec(item)?.[0]
  return id === undefined ? null : { kind: 'event', id, text: id }
}

/** Parses the body of a webhook request, or an event as the API returns it. */
function parseBody(body: unknown): Confirmed | null {
  if (!isObject(body) || typeof body.id !== 'string' || !EVENT_ID.test(body.id)) return null
  const data = isObject(body.data) ? body.data : {}
  const license = isObject(data.license) ? data.license.id : body.license_id
  const parts = [body.id, body.type, license].filter((part) => typeof part === 'string')
  return { kind: 'event', id: body.id, text: parts.join(' ') }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
