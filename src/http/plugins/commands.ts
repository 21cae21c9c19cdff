import { Elysia, type ElysiaCustomStatusResponse, status } from 'elysia'
import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { type ApiKey, hasScope, type Scope } from '~/domain/api-keys.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { DAY_MS } from '~/domain/times.ts'
import type { CommandContext, Idempotency } from '~/store/port.ts'
import { pathOf } from './auth.ts'
import { requestState } from './requests.ts'

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/
const ANSWER_KEPT_MS = DAY_MS

type Noun =
  | 'activation'
  | 'API key'
  | 'customer'
  | 'delivery'
  | 'license'
  | 'plan'
  | 'product'
  | 'seat'
  | 'webhook endpoint'

/** How a command's result becomes its answer. */
export interface Answering<Code extends number, Result, View> {
  readonly status: Code
  /** What there is none of when the store answers null. */
  readonly noun: Noun
  readonly view: (result: Result) => View
  /** What a replay shows in place of the first answer's secrets. */
  readonly blank?: (view: View) => View
}

/** One management request on its way to the store. */
export interface Command {
  readonly actor: ApiKey
  readonly nowMs: number
  /**
   * Runs a command and answers its view, the same again to the same Idempotency-Key. Throws
   * `not_found`, `idempotency_in_progress` and `idempotency_mismatch`.
   */
  answer<Code extends number, Result, View>(
    answering: Answering<Code, Result, View>,
    run: (context: CommandContext<Result>) => Promise<Result | null>,
  ): Promise<ElysiaCustomStatusResponse<Code, View>>
}

interface CommandRequest {
  readonly request: Request
  readonly body: unknown
  readonly setHeader: (name: string, value: string) => void
}

/** `scope: '…'` on a route: 403 without it, and a `command` for its handler with it. */
export const commands = (deps: Pick<Deps, 'store' | 'vault' | 'clock'>) => {
  const running = new Set<string>()
  return new Elysia({ name: 'commands' }).macro({
    scope: (scope: Scope) => ({
      detail: { security: [{ bearer: [scope] }] },
      transform({ request }) {
        const actor = actorOf(request)
        if (!hasScope(actor, scope)) {
          throw new Fault('missing_scope', `This API key lacks the scope ${scope}.`)
        }
        refuseRepeatedNames(request.url)
      },
      resolve: ({ request, body, set }) => ({
        command: createCommand(deps, running, {
          request,
          body,
          setHeader: (name, value) => {
            set.headers[name] = value
          },
        }),
      }),
    }),
  })
}

/** The router would keep one of the values and drop the others without a word. */
function refuseRepeatedNames(url: string): void {
  const start = url.indexOf('?')
  if (start === -1) return
  const seen = new Set<string>()
  for (const name of new URLSearchParams(url.slice(start)).keys()) {
    if (seen.has(name)) throw invalidField(`?${name}`, 'This name stands here twice. Give it once.')
    seen.add(name)
  }
}

function actorOf(request: Request): ApiKey {
  const { actor } = requestState(request)
  assert(actor !== null, 'a route with a scope is behind auth')
  return actor
}

function createCommand(
  { store, vault, clock }: Pick<Deps, 'store' | 'vault' | 'clock'>,
  running: Set<string>,
  { request, body, setHeader }: CommandRequest,
): Command {
  const actor = actorOf(request)
  const nowMs = clock.nowMs()
  const base = { actor: actor.id, requestId: requestState(request).id, nowMs }

  async function answer<Code extends number, Result, View>(
    answering: Answering<Code, Result, View>,
    run: (context: CommandContext<Result>) => Promise<Result | null>,
  ) {
    const key = request.method === 'POST' ? request.headers.get('idempotency-key') : null
    if (key === null) return respond(answering.status, await runOnce(answering, run, null))
    const idempotency = toIdempotency(key, answering)
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
      const replay = await findReplay<View>(idempotency)
      return respond(answering.status, replay ?? (await runOnce(answering, run, idempotency)))
    } finally {
      running.delete(keyHash)
    }
  }

  /** Licenses alone have a version, which is their ETag. */
  function respond<Code extends number, View>(code: Code, view: View) {
    if (typeof view === 'object' && view !== null && 'version' in view) {
      setHeader('etag', `"${view.version}"`)
    }
    return status(code, view)
  }

  async function runOnce<Result, View>(
    { noun, view }: Answering<number, Result, View>,
    run: (context: CommandContext<Result>) => Promise<Result | null>,
    idempotency: Idempotency<Result> | null,
  ): Promise<View> {
    const result = await run({ ...base, idempotency })
    if (result === null) throw new Fault('not_found', `No such ${noun}.`)
    return view(result)
  }

  function toIdempotency<Result, View>(
    key: string,
    { view, blank = (shown) => shown }: Answering<number, Result, View>,
  ): Idempotency<Result> {
    if (!IDEMPOTENCY_KEY.test(key)) {
      throw new Fault('invalid_request', 'An Idempotency-Key has 1–255 printable characters.')
    }
    const place = [actor.id, request.method, pathOf(request.url), key].join('\n')
    return {
      keyHash: vault.hashRequest(place),
      bodyHash: vault.hashRequest(JSON.stringify(body ?? null)),
      expiresAtMs: nowMs + ANSWER_KEPT_MS,
      render: (result) => vault.seal('kept-answer', JSON.stringify(blank(view(result)))),
    }
  }

  async function findReplay<View>({ keyHash, bodyHash }: Idempotency<never>): Promise<View | null> {
    const kept = await store.storedResponses.find(keyHash, nowMs)
    if (kept === null) return null
    if (kept.bodyHash !== bodyHash) {
      throw new Fault(
        'idempotency_mismatch',
        'This Idempotency-Key was used with another body. Use a new key for a new request.',
      )
    }
    setHeader('idempotency-replayed', 'true')
    return JSON.parse(vault.open('kept-answer', kept.sealedResponse)) as View
  }

  return { actor, nowMs, answer }
}

export type CommandsPlugin = ReturnType<typeof commands>
