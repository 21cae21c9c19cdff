import { Fault } from '~/domain/faults.ts'
import { removeUnstorable } from '~/domain/text.ts'
import { readBytes } from '../plugins/bodies.ts'
import { type PresentFailure, pathNotFound } from '../plugins/errors.ts'
import type { Headed } from '../plugins/request-limits.ts'
import { requestState } from '../plugins/requests.ts'
import type { CompatReply, CompatRoute } from './api.ts'
import { COMPAT_BODY_BYTES_MAX } from './bodies.ts'
import type { CompatMatch } from './match.ts'
import type { CompatTools } from './tools.ts'

/** A request of a route, and its body as it was sent. */
export interface CompatRun {
  readonly request: Request
  readonly requestId: string
  readonly bodyBytes: Uint8Array
  readonly route: CompatRoute
  readonly params: CompatMatch['params']
  /** The headers of the response, beside those of the reply. */
  readonly set: Headed
}

/** Runs a route, or lets a primary run it. */
export type RunCompat = (run: CompatRun) => Promise<CompatReply>

/** Returns a function that runs routes in this process. */
export const createRunCompat =
  (tools: CompatTools): RunCompat =>
  ({ route, request, ...rest }) => {
    const { searchParams } = new URL(request.url)
    const query = new URLSearchParams()
    for (const [name, text] of searchParams) query.append(name, removeUnstorable(text))
    return route.respond({ request, query, nowMs: tools.deps.clock.nowMs(), ...rest }, tools)
  }

/** Returns a function that responds to a match, and presents failures in the format of its source. */
export function createRespondCompat(run: RunCompat, presentFailure: PresentFailure) {
  async function respond(request: Request, match: CompatMatch, set: Headed): Promise<CompatReply> {
    const { route, params, methods } = match
    if (route === null) throw methods.length === 0 ? pathNotFound() : methodNotAllowed(methods)
    const { id: requestId } = requestState(request)
    const hasBody = route.method !== 'GET'
    const bodyBytes = hasBody ? await readBytes(request, COMPAT_BODY_BYTES_MAX) : noBytes
    return run({ request, requestId, bodyBytes, route, params, set })
  }

  /** `check` may throw as well. */
  return async (
    request: Request,
    match: CompatMatch,
    set: Headed,
    check: () => void,
  ): Promise<CompatReply> => {
    try {
      check()
      return await respond(request, match, set)
    } catch (error) {
      const { id: requestId } = requestState(request)
      const fault = error instanceof Fault ? error : null
      const { status, headers } = presentFailure(fault, error, requestId)
      const { 'content-type': _type, ...kept } = headers
      const allow = status === 405 ? { allow: match.methods.join(', ') } : {}
      const reply = match.api.presentFailure({ fault, status, requestId, request })
      return { ...reply, headers: { ...kept, ...allow, ...reply.headers } }
    }
  }
}

const noBytes = new Uint8Array()

const methodNotAllowed = (methods: readonly string[]) =>
  new Fault('method_not_allowed', `This path supports only ${methods.join(', ')}.`)
