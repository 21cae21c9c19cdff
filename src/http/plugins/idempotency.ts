import type { Deps } from '~/deps.ts'
import type { Caller } from '~/domain/actors.ts'
import { Fault } from '~/domain/faults.ts'
import { RESPONSE_STORED_MS } from '~/domain/stored-responses.ts'
import type { Idempotency } from '~/store/port.ts'
import { countSteps, type Steps } from '~/turns.ts'
import { formatCanonicalJson } from './json.ts'
import { pathOf } from './requests.ts'

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

/**
 * Returns a function that runs a command once per `Idempotency-Key` and replays its response to
 * repeats. Throws `idempotency_in_progress` and `idempotency_mismatch`.
 */
export function createIdempotency(deps: Pick<Deps, 'store' | 'vault'>): RunIdempotently {
  const running = new Set<string>()

  return async (call, replayable, run) => {
    const key = call.request.method === 'POST' ? call.request.headers.get('idempotency-key') : null
    if (key === null) return run(null)
    const idempotency = toIdempotency(deps, call, key, replayable)
    const { keyHash } = idempotency
    if (running.has(keyHash)) {
      throw new Fault(
        'idempotency_in_progress',
        'A request with this Idempotency-Key is still running. Retry in a moment.',
        { retryAfterSeconds: 1 },
      )
    }
    running.add(keyHash)
    try {
      return (
        (await findReplay(deps, call, idempotency, replayable.read)) ?? (await run(idempotency))
      )
    } finally {
      running.delete(keyHash)
    }
  }
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
  return {
    keyHash: vault.hashRequest(scope),
    bodyHash: vault.hashRequest(formatCanonicalJson(body ?? null)),
    expiresAtMs: nowMs + RESPONSE_STORED_MS,
    render: function* (result) {
      const text = write(yield* present(result))
      yield countSteps(text)
      const stored = statusOf === undefined ? text : `[${statusOf(result)},${text}]`
      return vault.seal('kept-answer', stored)
    },
  }
}

async function findReplay<View>(
  { store, vault }: Pick<Deps, 'store' | 'vault'>,
  { nowMs, set }: Call,
  { keyHash, bodyHash }: Idempotency<never>,
  read: (text: string) => View,
): Promise<View | null> {
  const stored = await store.storedResponses.find(keyHash, nowMs)
  if (stored === null) return null
  if (stored.bodyHash !== bodyHash) {
    throw new Fault(
      'idempotency_mismatch',
      'This Idempotency-Key was used with a different body. Use a new key for a new request.',
    )
  }
  set.headers['idempotency-replayed'] = 'true'
  const text = vault.open('kept-answer', stored.sealedResponse)
  const [, status, view = text] = WITH_STATUS.exec(text) ?? []
  if (status !== undefined) set.status = Number(status)
  return read(view)
}
