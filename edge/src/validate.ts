import { noActivationState } from '~/domain/activations.ts'
import { decideValidation } from '~/domain/validations.ts'
import type { EdgeFacts } from '~/wire/edge-facts.ts'
import { presentVerdict } from '~/wire/verdicts.ts'
import type { CachedFacts } from './cached-facts.ts'
import type { EdgeParts, Visit } from './options.ts'
import type { Primary, Reply } from './primary.ts'
import { createRecent } from './recent.ts'
import { relay, respond } from './responses.ts'
import { createUsage } from './usage.ts'
import { parseObject, parseValidation, type Validation } from './validations.ts'

/** Older facts are answered from, and read again in the background. */
const REFRESH_AFTER_MS = 60_000
/** Until a cache shows what was stored, each machine stores an entry at most this often. */
const REFILL_PAUSE_MS = 10_000
const REFILLS_MAX = 10_000
/** Unknown keys are the only refusal that is kept, so that a flood of one does not reach the primary. */
const UNKNOWN_KEY_MS = 2000
const UNKNOWN_KEYS_MAX = 1000

/**
 * Returns a function that answers validations. It confirms what the primary would confirm without a write.
 * Everything else it forwards, so it grants nothing and refuses nothing by itself.
 */
export function createValidate(parts: EdgeParts, primary: Primary, cachedFacts: CachedFacts) {
  const { now, runLater } = parts
  const usage = createUsage(parts, primary)
  const refills = createRecent<true>(REFILLS_MAX)
  const unknownKeys = createRecent<string>(UNKNOWN_KEYS_MAX)

  /** Reads the facts of a place in the background, and stores them. */
  function refill(entry: string, validation: Validation, visit: Visit): void {
    if (refills.get(entry, now())) return
    refills.set(entry, true, now() + REFILL_PAUSE_MS)
    runLater(visit, async () => {
      const askedAtMs = now()
      await cachedFacts.store(entry, await primary.readFacts(validation), askedAtMs)
    })
  }

  return async (request: Request, bytes: Uint8Array<ArrayBuffer>, visit: Visit) => {
    const validation = parseValidation(request.headers, bytes)
    if (validation === null) return relay(request, await primary.forward(request, bytes, visit))
    const entry = await cachedFacts.nameEntry(validation)
    const found = await cachedFacts.find(entry)
    const verdict = found && confirm(found.facts, validation, now())
    if (found && verdict) {
      usage.record(found.facts, validation, visit)
      if (found.ageMs >= REFRESH_AFTER_MS) refill(entry, validation, visit)
      const age = String(Math.floor(found.ageMs / 1000))
      return respond(request, 200, JSON.stringify(verdict), { age })
    }
    const unknown = unknownKeys.get(validation.key, now())
    if (unknown !== undefined) return respond(request, 404, unknown)
    const reply = await primary.forward(request, bytes, visit)
    if (isUnknownKey(reply)) {
      const text = new TextDecoder().decode(reply.bytes)
      unknownKeys.set(validation.key, text, now() + UNKNOWN_KEY_MS)
    }
    if (isValid(reply)) refill(entry, validation, visit)
    return relay(request, reply)
  }
}

/** Returns a verdict that is valid, and needs no write; null for any other. */
function confirm(facts: EdgeFacts, validation: Validation, nowMs: number): object | null {
  const { license, plan } = facts
  const state = { ...noActivationState, ...facts }
  const { result, changes } = decideValidation(state, validation, () => '', nowMs)
  return result.valid && changes.length === 0 ? presentVerdict(result, license, plan) : null
}

const readVerdict = (reply: Reply | null, status: number) =>
  reply?.status === status ? parseObject(reply.bytes) : null

function isValid(reply: Reply | null): boolean {
  return readVerdict(reply, 200)?.valid === true
}

function isUnknownKey(reply: Reply | null): reply is Reply {
  const error = readVerdict(reply, 404)?.error
  return error === 'LICENSE_NOT_FOUND' || error === 'LICENSE_KEY_MALFORMED'
}
