import type { TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { ElysiaCustomStatusResponse, status } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { nextTurn } from '~/turns.ts'
import { readJson } from '../plugins/bodies.ts'
import { type PresentFailure, toFieldFault } from '../plugins/errors.ts'
import {
  type CheckRequest,
  type Connections,
  readRequestId,
  securityHeaders,
} from '../plugins/requests.ts'
import { type Route, readRules } from '../plugins/route-options.ts'
import type { ClientCall } from './find-license.ts'

/**
 * Serves client routes as native routes of Bun, each as one function from the request to the response.
 * Apps call them at every launch, and the hooks that all other routes share would cost more than the
 * decision. The routes themselves, and what they share with the hooks, are the same: see
 * `test/http/client/native-routes.test.ts`.
 */

export type NativeHandler = (request: Request) => Promise<Response>

/** By path, then method. */
export type NativeRoutes = Record<string, Record<string, NativeHandler>>

interface NativeParts {
  readonly connections: Readonly<Connections>
  readonly checkRequest: CheckRequest
  readonly presentFailure: PresentFailure
}

/** A client route as Elysia lists it: its handler, and the schema of its body. */
interface ClientRoute extends Route {
  readonly handler: ClientHandler
  readonly hooks: Route['hooks'] & { readonly body: TSchema }
}

type ClientHandler = (context: {
  readonly body: unknown
  readonly call: ClientCall
  readonly status: typeof status
}) => unknown

let turn: Promise<void> | null = null

/**
 * Resolves in the next turn of the event loop for all requests that have arrived by then. Handled one
 * right after the other, they find shared code and data in the caches of the processor, which takes
 * a third of the time off each.
 */
function joinTurn(): Promise<void> {
  turn ??= nextTurn().then(() => {
    turn = null
  })
  return turn
}

/** Returns the native routes of all client routes by path and method. */
export function buildNativeRoutes(
  deps: Pick<Deps, 'clock' | 'logRequest' | 'metrics'>,
  parts: NativeParts,
  routes: readonly Route[],
): NativeRoutes {
  const client = routes.filter((route) => readRules(route).credential === 'license key')
  return Object.fromEntries(
    client.map((route) => [
      route.path,
      { [route.method]: createNativeHandler(deps, parts, route as ClientRoute) },
    ]),
  )
}

function createNativeHandler(
  { clock, logRequest, metrics }: Pick<Deps, 'clock' | 'logRequest' | 'metrics'>,
  { connections, checkRequest, presentFailure }: NativeParts,
  route: ClientRoute,
): NativeHandler {
  const { path, method, handler, hooks } = route
  const { bodyBytesMax } = readRules(route)
  const schema = TypeCompiler.Compile(hooks.body)

  async function respond(request: Request, requestId: string): Promise<Response> {
    try {
      checkRequest(request)
      const body = await readJson(request, bodyBytesMax, false)
      await joinTurn()
      if (!schema.Check(body)) throw toFieldFault('body', schema, body)
      const call = { request, requestId, nowMs: clock.nowMs() }
      const result = await handler({ body, call, status })
      return result instanceof ElysiaCustomStatusResponse
        ? createResponse(JSON.stringify(result.response), result.code)
        : createResponse(JSON.stringify(result), 200)
    } catch (error) {
      const fault = error instanceof Fault ? error : null
      const failure = presentFailure(fault, error, requestId)
      const response = createResponse(failure.body, failure.status)
      for (const [name, value] of Object.entries(failure.headers)) response.headers.set(name, value)
      return response
    }
  }

  return async (request) => {
    const startedAtMs = performance.now()
    const requestId = readRequestId(request)
    const response = await respond(request, requestId)
    response.headers.set('x-request-id', requestId)
    if (connections.areClosing) response.headers.set('connection', 'close')
    const { status: code } = response
    const durationMs = performance.now() - startedAtMs
    metrics.recordRequest(method, path, code, durationMs)
    logRequest({ requestId, method, route: path, status: code, durationMs })
    return response
  }
}

/** One object for all responses, because copying headers costs a fifth of creating them. */
const headers = new Headers({
  ...securityHeaders,
  'content-type': 'application/json',
  'access-control-allow-origin': '*',
})

function createResponse(body: string, code: number): Response {
  return new Response(body, { status: code, headers })
}
