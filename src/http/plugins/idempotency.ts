import type { Deps } from '~/deps.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import { Fault } from '~/domain/faults.ts'
import { RESPONSE_STORED_MS } from '~/domain/stored-responses.ts'
import type { Idempotency } from '~/store/port.ts'
import { formatCanonicalJson } from './json.ts'
import { pathOf } from './requests.ts'

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/

/** A management request on its way to the store. */
export interface Call {
  readonly request: Request
  readonly body: unknown
  readonly actor: ApiKey
  readonly nowMs: number
  readonly set: { readonly headers: Record<string, unknown>; status?: unknown }
}

/** How a result becomes a response. */
export interface Presentation<Result, View> {
  /** The status of the response, if it depends on the result. */
  readonly statusOf?: (result: Result) => number
  readonly present: (result: Result) => View
  /** Removes the secrets from a response that is stored for replays. */
  readonly redact?: (view: View) => View
}

export type RunIdempotently = <Result, View>(
  call: Call,
  presentation: Presentation<Result, View>,
  run: (idempotency: Idempotency<Result> | null) => Promise<View>,
) => Promise<View>

/**
 * Returns a function that runs a command once per `Idempotency-Key` and replays its response to
 * repeats. Throws `idempotency_in_progress` and `idempotency_mismatch`.
 */
export function createIdempotency(deps: Pick<Deps, 'store' | 'vault'>): RunIdempotently {
  const running = new Set<string>()

  return async (call, presentation, run) => {
    const key = call.request.method === 'POST' ? call.request.headers.get('idempotency-key') : null
    if (key === null) return run(null)
    const idempotency = toIdempotency(deps, call, key, presentation)
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
      return (await findReplay(deps, call, idempotency)) ?? (await run(idempotency))
    } finally {
      running.delete(keyHash)
    }
  }
}

function toIdempotency<Result, View>(
  { vault }: Pick<Deps, 'vault'>,
  { request, body, actor, nowMs }: Call,
  key: string,
  { present, statusOf, redact = (view) => view }: Presentation<Result, View>,
): Idempotency<Result> {
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new Fault('invalid_request', 'An Idempotency-Key has 1–255 printable characters.')
  }
  const scope = [actor.id, request.method, pathOf(request.url), key].join('\n')
  return {
    keyHash: vault.hashRequest(scope),
    bodyHash: vault.hashRequest(formatCanonicalJson(body ?? null)),
    expiresAtMs: nowMs + RESPONSE_STORED_MS,
    render: (result) => {
      const view = redact(present(result))
      // No view is an array.
      const stored = statusOf === undefined ? view : [statusOf(result), view]
      return vault.seal('kept-answer', JSON.stringify(stored))
    },
  }
}

async function findReplay<View>(
  { store, vault }: Pick<Deps, 'store' | 'vault'>,
  { nowMs, set }: Call,
  { keyHash, bodyHash }: Idempotency<never>,
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
  const response = JSON.parse(vault.open('kept-answer', stored.sealedResponse))
  if (!Array.isArray(response)) return response
  const [status, view] = response
  set.status = status
  return view
}
