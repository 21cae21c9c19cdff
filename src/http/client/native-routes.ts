import type { TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import { ElysiaCustomStatusResponse, status } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { toFieldFault } from '~/wire/field-faults.ts'
import { hashUsualKey } from '../find-by-key.ts'
import { parseBody, readBody } from '../plugins/bodies.ts'
import { corsHeaders } from '../plugins/cors.ts'
import type { PresentFailure } from '../plugins/errors.ts'
import {
  type CheckRequest,
  type Connections,
  readRequestId,
  securityHeaders,
} from '../plugins/requests.ts'
import { type Route, readRules } from '../plugins/route-options.ts'
import type { ClientCall } from './find-license.ts'

/**
 * Serves client routes as native routes of Bun. Apps call them at every launch, and the hooks that all
 * other routes share would cost more than the decision. The routes themselves, and what they share
 * with the hooks, are the same: see `test/http/client/native-routes.test.ts`.
 *
 * Requests that have arrived together take each step together: all bodies are parsed, then all keys are
 * hashed, and so on. A step that is repeated finds its code in the caches of the processor, and takes
 * a fifth of the time that it takes on its own.
 */

export type NativeHandler = (request: Request) => Promise<Response>

/** By path, then method. */
export type NativeRoutes = Record<string, Record<string, NativeHandler>>

/** The part of `Deps` that native routes need, of a server or of an edge. */
interface NativeDeps {
  readonly clock: Pick<Deps['clock'], 'nowMs'>
  readonly logRequest: Deps['logRequest']
  readonly metrics: Pick<Deps['metrics'], 'recordRequest'>
  readonly vault: Pick<Deps['vault'], 'hashKey'>
}

/** Adds headers to each response. */
export type AddHeaders = (headers: Headers) => void

interface NativeParts {
  readonly connections: Readonly<Connections>
  readonly checkRequest: CheckRequest
  readonly presentFailure: PresentFailure
  readonly addHeaders: AddHeaders | null
  /** Runs work when what is in memory is up to date. */
  readonly whenFresh: (work: () => void) => void
}

/** A client route as Elysia lists it. */
interface ElysiaRoute extends Route {
  readonly handler: ClientRoute['handler']
  readonly hooks: Route['hooks'] & { readonly body: TSchema }
}

interface ClientRoute {
  readonly method: string
  readonly path: string
  readonly schema: TypeCheck<TSchema>
  readonly bodyBytesMax: number
  readonly handler: (context: {
    readonly body: unknown
    readonly call: ClientCall
    readonly status: typeof status
  }) => unknown
}

/** A request on its way from its arrival to its response. */
interface Passage {
  readonly request: Request
  readonly route: ClientRoute
  readonly requestId: string
  readonly startedAtMs: number
  readonly resolve: (response: Response) => void
  bytes: Uint8Array
  body: unknown
  keyHash: string | null
  result: unknown
  /** Null until the last step, or the one that fails. */
  response: Response | null
}

/** More would let the first of them wait too long for the last. */
const TOGETHER_MAX = 64
const noBytes = new Uint8Array()

/** Returns the native routes of all client routes by path and method. */
export function buildNativeRoutes(
  deps: NativeDeps,
  parts: NativeParts,
  routes: readonly Route[],
): NativeRoutes {
  const respond = createRespond(deps, parts)
  const client = routes.filter((route) => readRules(route).credential === 'license key')
  return Object.fromEntries(
    client.map((route) => {
      const { method, path, handler, hooks } = route as ElysiaRoute
      const schema = TypeCompiler.Compile(hooks.body)
      const { bodyBytesMax } = readRules(route)
      const native = { method, path, schema, bodyBytesMax, handler }
      return [path, { [method]: (request: Request) => respond(request, native) }]
    }),
  )
}

type Respond = (request: Request, route: ClientRoute) => Promise<Response>

function createRespond(
  deps: NativeDeps,
  { connections, checkRequest, presentFailure, addHeaders, whenFresh }: NativeParts,
): Respond {
  const { logRequest, metrics } = deps
  const steps = listSteps(deps)
  let waiting: Passage[] = []

  function takeSteps(): void {
    const together = waiting.slice(0, TOGETHER_MAX)
    waiting = waiting.slice(TOGETHER_MAX)
    if (waiting.length > 0) setImmediate(takeSteps)
    whenFresh(() => finishTogether(together))
  }

  function finishTogether(together: readonly Passage[]): void {
    for (const step of steps) {
      for (const passage of together) {
        try {
          if (passage.response === null) step(passage)
        } catch (error) {
          passage.response = presentError(presentFailure, error, passage)
        }
      }
    }
    for (const passage of together) {
      if (passage.response === null) void finishLater(passage)
      else finish(passage, passage.response)
    }
  }

  /** A request that waits, such as for the database, does not hold up the others. */
  async function finishLater(passage: Passage): Promise<void> {
    try {
      const result = await passage.result
      // An edge relays the response of its primary.
      finish(passage, result instanceof Response ? result : present(result))
    } catch (error) {
      finish(passage, presentError(presentFailure, error, passage))
    }
  }

  function finish({ route, requestId, startedAtMs, resolve }: Passage, response: Response): void {
    response.headers.set('x-request-id', requestId)
    addHeaders?.(response.headers)
    if (connections.areClosing) response.headers.set('connection', 'close')
    const { method, path } = route
    const { status: code } = response
    const durationMs = performance.now() - startedAtMs
    metrics.recordRequest(method, path, code, durationMs)
    logRequest({ requestId, method, route: path, status: code, durationMs })
    resolve(response)
  }

  return async (request, route) => {
    const startedAtMs = performance.now()
    const { promise, resolve } = Promise.withResolvers<Response>()
    const progress = { bytes: noBytes, body: null, keyHash: null, result: null, response: null }
    const requestId = readRequestId(request)
    const passage: Passage = { request, route, requestId, startedAtMs, resolve, ...progress }
    try {
      checkRequest(request)
      passage.bytes = await readBody(request, route.bodyBytesMax)
      if (waiting.push(passage) === 1) setImmediate(takeSteps)
    } catch (error) {
      finish(passage, presentError(presentFailure, error, passage))
    }
    return promise
  }
}

/** Lists what is done for each request, once its body has arrived. */
function listSteps({ clock, vault }: NativeDeps): readonly ((passage: Passage) => void)[] {
  return [
    (passage) => {
      passage.body = parseBody(passage.bytes, false)
    },
    ({ route: { schema }, body }) => {
      if (!schema.Check(body)) throw toFieldFault('body', schema, body)
    },
    (passage) => {
      const { key } = passage.body as { readonly key: string }
      passage.keyHash = hashUsualKey(vault, key)
    },
    (passage) => {
      const { request, requestId, bytes: bodyBytes, keyHash, body } = passage
      const call = { request, requestId, bodyBytes, keyHash, nowMs: clock.nowMs() }
      passage.result = passage.route.handler({ body, call, status })
    },
    (passage) => {
      if (!(passage.result instanceof Promise)) passage.response = present(passage.result)
    },
  ]
}

function presentError(
  presentFailure: PresentFailure,
  error: unknown,
  { requestId }: Passage,
): Response {
  const fault = error instanceof Fault ? error : null
  const failure = presentFailure(fault, error, requestId)
  const response = createResponse(failure.body, failure.status)
  for (const [name, value] of Object.entries(failure.headers)) response.headers.set(name, value)
  return response
}

function present(result: unknown): Response {
  return result instanceof ElysiaCustomStatusResponse
    ? createResponse(JSON.stringify(result.response), result.code)
    : createResponse(JSON.stringify(result), 200)
}

/**
 * The headers of all responses of client routes. They are one object, because copying headers costs a
 * fifth of creating them.
 */
export const clientHeaders = new Headers({
  ...securityHeaders,
  ...corsHeaders,
  'content-type': 'application/json',
})

function createResponse(body: string, code: number): Response {
  return new Response(body, { status: code, headers: clientHeaders })
}
