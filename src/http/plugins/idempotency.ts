import type { Deps } from '~/deps.ts'
import type { Caller } from '~/domain/actors.ts'
import { Fault } from '~/domain/faults.ts'
import { RESPONSE_STORED_MS } from '~/domain/stored-responses.ts'
import type { Idempotency, StoredResponse } from '~/store/idempotency-port.ts'
import { countSteps, type Steps } from '~/turns.ts'
import { formatCanonicalJson } from './json.ts'
import { pathOf } from './requests.ts'

/** No command takes longer. One whose server dies ends earlier: see `Nodes`. */
const HELD_MS = 3_600_000
/** A stored response whose status depends on the result. No response is an array. */
const WITH_STATUS = /^\[(\d+),(.*)\]$/s
const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/

/** A management request on its way to the store. */
export interface Call {
  readonly request: Request
  readonly body: unknown
  readonly caller: Caller
  /** The caller's IP address, as far as it may be stored. */
  readonly address: string | null
  readonly nowMs: number
  readonly set: { readonly headers: Record<string, unknown>; status?: unknown }
}

/** How a result becomes a response, and how the response is stored for replays. */
export interface Replayable<Result, View> {
  /** The status of the response, if it depends on the result. */
  readonly statusOf?: (result: Result) => number
  /** Set if the command acts before its transaction, for example by sending an email. */
  readonly actsBefore?: boolean
  readonly present: (result: Result) => Steps<View>
  /** Returns the response as JSON, without secrets. */
  readonly write: (view: View) => string
  /** Returns the response from this JSON. */
  readonly read: (text: string) => View
}

export type RunIdempotently = <Result, View>(
  call: Call,
  replayable: Replayable<Result, View>,
  run: (idempotency: Idempotency<Result> | null) => Promise<View>,
) => Promise<View>

/** Carries a stored response out of the transaction of a command that has run before. */
class Replay extends Error {
  readonly stored: StoredResponse

  constructor(stored: StoredResponse) {
    super('The response to this request is stored.')
    this.stored = stored
  }
}

/**
 * Returns a function that runs a command once per `Idempotency-Key` and replays its response to
 * repeats. Throws `idempotency_in_progress` and `idempotency_mismatch`.
 */
export function createIdempotency(
  deps: Pick<Deps, 'store' | 'vault' | 'instanceId'>,
): RunIdempotently {
  const { store, instanceId: holder } = deps
  const running = new Set<string>()

  return async (call, replayable, run) => {
    const key = call.request.method === 'POST' ? call.request.headers.get('idempotency-key') : null
    if (key === null) return run(null)
    const idempotency = toIdempotency(deps, call, key, replayable)
    const { keyHash } = idempotency
    const name = `request ${keyHash}`
    // A command that acts in its transaction waits there for other servers.
    const isHeld = store.isShared && replayable.actsBefore === true
    if (running.has(keyHash)) throw stillRunning()
    running.add(keyHash)
    try {
      if (isHeld && !(await store.leases.take({ name, holder, forMs: HELD_MS }))) {
        throw stillRunning()
      }
      // The store decides. But what a command reads before may have changed since the first request.
      const stored = await store.storedResponses.find(keyHash, call.nowMs)
      if (stored !== null) idempotency.replay(stored)
      return await run(idempotency)
    } catch (error) {
      if (error instanceof Replay) return readReplay(deps, call, error.stored, replayable.read)
      throw error
    } finally {
      running.delete(keyHash)
      if (isHeld) await store.leases.release(name, holder)
    }
  }
}

function stillRunning(): Fault {
  const detail = 'A request with this Idempotency-Key is still running. Retry in a moment.'
  return new Fault('idempotency_in_progress', detail, { retryAfterSeconds: 1 })
}

function toIdempotency<Result, View>(
  { vault }: Pick<Deps, 'vault'>,
  { request, body, caller, nowMs }: Call,
  key: string,
  { statusOf, present, write }: Replayable<Result, View>,
): Idempotency<Result> {
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new Fault('invalid_request', 'An Idempotency-Key has 1–255 printable characters.')
  }
  const { id } = caller.actor
  const callerId = caller.sessionId === undefined ? id : `${id} session`
  const scope = [callerId, request.method, pathOf(request.url), key].join('\n')
  const bodyHash = vault.hashRequest(formatCanonicalJson(body ?? null))
  return {
    keyHash: vault.hashRequest(scope),
    bodyHash,
    expiresAtMs: nowMs + RESPONSE_STORED_MS,
    render: function* (result) {
      const text = write(yield* present(result))
      yield countSteps(text)
      const stored = statusOf === undefined ? text : `[${statusOf(result)},${text}]`
      return vault.seal('kept-answer', stored)
    },
    replay: (stored) => {
      if (stored.bodyHash === bodyHash) throw new Replay(stored)
      throw new Fault(
        'idempotency_mismatch',
        'This Idempotency-Key was used with a different body. Use a new key for a new request.',
      )
    },
  }
}

function readReplay<View>(
  { vault }: Pick<Deps, 'vault'>,
  { set }: Call,
  { sealedResponse }: StoredResponse,
  read: (text: string) => View,
): View {
  set.headers['idempotency-replayed'] = 'true'
  const text = vault.open('kept-answer', sealedResponse)
  const [, status, view = text] = WITH_STATUS.exec(text) ?? []
  if (status !== undefined) set.status = Number(status)
  return read(view)
}
