import { isRunning, OVERTAKING_MAX_MS, SECOND_MS } from '~/domain/times.ts'
import { type EdgeFacts, parseFacts } from '~/wire/edge-facts.ts'
import { importHmacKey, toHex, toUtf8 } from './bytes.ts'
import type { EdgeParts } from './options.ts'
import { createRecent } from './recent.ts'
import { isObject, type Validation } from './validations.ts'

/** No answer relies on facts that were read longer ago, whatever the cache does. */
const PROMISED_MS = 300_000
/** The clocks of two machines may differ by `OVERTAKING_MAX_MS`. */
const AGE_MAX_MS = PROMISED_MS - OVERTAKING_MAX_MS
const FACTS_TTL_SECONDS = PROMISED_MS / SECOND_MS
/** Longer than the facts that it makes void, and than it takes to reach all machines. */
const VOID_TTL_SECONDS = 2 * FACTS_TTL_SECONDS
/** A cache that is slower helps nobody. */
const READ_TIMEOUT_MS = 1000
const LICENSES_MAX = 10_000

/** Facts about a license and one place, and when they were asked for. */
export interface FoundFacts {
  readonly facts: EdgeFacts
  readonly ageMs: number
}

/**
 * The facts in the cache. Each entry is one response of the primary, so what a decision reads belongs
 * together. A webhook cannot find the entries of its license. It writes until when they are void instead,
 * and nothing that is older counts, even if a slow write or a slow cache brings it back later.
 */
export interface CachedFacts {
  /** Returns the name of the entry of a validation, from which nobody can tell its license key. */
  nameEntry(validation: Validation): Promise<string>
  /** Returns facts that may be answered from; null if there are none. */
  find(entry: string): Promise<FoundFacts | null>
  /** Stores what the primary said, or null, to a question that was asked at this time. */
  store(entry: string, body: unknown, askedAtMs: number): Promise<void>
  /** Makes all facts of a license void that were asked for until now. */
  makeVoid(licenseId: string): Promise<void>
}

export function createCachedFacts({ options, now, onProblem }: EdgeParts): CachedFacts {
  const { cache, token, secret = token, webhookSecret = [] } = options
  const isPushed = webhookSecret.length > 0
  /** The licenses of entries that were found lately, so that their two reads can start together. */
  const licenseIds = createRecent<string>(LICENSES_MAX)
  let hmacKey: CryptoKey | null = null

  /** Returns the value of an entry in JSON; null if there is none. */
  async function read(key: string): Promise<unknown> {
    const text = await withTimeout(cache.get(key))
    return text === null ? null : JSON.parse(text)
  }

  async function find(entry: string): Promise<FoundFacts | null> {
    const guess = isPushed ? licenseIds.get(entry, now()) : undefined
    const reads = [read(entry), guess === undefined ? null : read(nameVoid(guess))]
    const [found, guessedVoid] = await Promise.all(reads)
    if (!isObject(found) || typeof found.askedAtMs !== 'number') return null
    const { body, askedAtMs } = found
    if (!isRunning(askedAtMs, AGE_MAX_MS, now())) return null
    const facts = parseFacts(body, entry)
    if (facts === null) return null
    const { id } = facts.license
    if (isPushed) {
      licenseIds.set(entry, id, now() + PROMISED_MS)
      const voided = id === guess ? guessedVoid : await read(nameVoid(id))
      if (isObject(voided) && !(askedAtMs > Number(voided.untilMs))) return null
    }
    return { facts, ageMs: Math.max(0, now() - askedAtMs) }
  }

  return {
    async nameEntry({ key, hostname, fingerprint }) {
      hmacKey ??= await importHmacKey(toUtf8(secret))
      const place = JSON.stringify([key, hostname?.host ?? null, fingerprint ?? null])
      const hash = await crypto.subtle.sign('HMAC', hmacKey, toUtf8(place))
      return `facts:${toHex(new Uint8Array(hash))}`
    },
    // The primary is asked for what cannot be read, so a broken cache breaks no answer.
    find: (entry) =>
      find(entry).catch((error) => {
        onProblem(error)
        return null
      }),
    store: (entry, body, askedAtMs) =>
      cache.put(entry, JSON.stringify({ askedAtMs, body }), FACTS_TTL_SECONDS),
    makeVoid(licenseId) {
      // The clock of the machine that asked for facts may be ahead of this one.
      const untilMs = now() + OVERTAKING_MAX_MS
      return cache.put(nameVoid(licenseId), JSON.stringify({ untilMs }), VOID_TTL_SECONDS)
    },
  }
}

const nameVoid = (licenseId: string) => `void:${licenseId}`

function withTimeout<Value>(reading: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout>
  const timeout = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(new Error(`The cache did not answer within ${READ_TIMEOUT_MS} ms.`))
    timer = setTimeout(fail, READ_TIMEOUT_MS)
  })
  return Promise.race([reading, timeout]).finally(() => clearTimeout(timer))
}
