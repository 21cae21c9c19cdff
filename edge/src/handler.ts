import { BODY_BYTES_MAX, readBytes } from './bytes.ts'
import { createCachedFacts } from './cached-facts.ts'
import { createHook } from './hook.ts'
import { buildParts, type Edge, type EdgeOptions } from './options.ts'
import { createPrimary } from './primary.ts'
import { allowAnyOrigin, relay, respondProblem } from './responses.ts'
import { findMethods, HOOK, VALIDATE } from './routes.ts'
import { createValidate } from './validate.ts'

/**
 * Creates a handler that confirms licenses from a cache near the user, and forwards everything else to a
 * Licet server. An answer from the cache relies on facts that are at most 300 seconds old. Throws a
 * TypeError for options that cannot work.
 */
export function createEdge(options: EdgeOptions): Edge {
  const parts = buildParts(options)
  const primary = createPrimary(parts)
  const cachedFacts = createCachedFacts(parts)
  const validate = createValidate(parts, primary, cachedFacts)
  const receiveEvent = createHook(parts, cachedFacts)

  const edge: Edge = async (request, visit = {}) => {
    const path = readPath(request)
    const isHook = path === HOOK && options.webhookSecret !== undefined
    const methods = isHook ? ['POST'] : findMethods(path)
    if (methods === null) {
      const detail = `Only apps use this address. Send this request to ${options.primary}`
      return respondProblem(request, 'misdirected_request', detail)
    }
    if (request.method === 'OPTIONS' && !isHook) return allowAnyOrigin(request, methods)
    if (!methods.includes(request.method)) {
      const detail = `This path supports only ${methods.join(', ')}.`
      const more = { allow: methods.join(', ') }
      return respondProblem(request, 'method_not_allowed', detail, more)
    }
    if (isHook) return receiveEvent(request)
    const bytes = await readBytes(request, BODY_BYTES_MAX)
    if (bytes === null) {
      const detail = 'The request body exceeds 64 KiB. Send a smaller one.'
      return respondProblem(request, 'payload_too_large', detail)
    }
    if (path === VALIDATE) return validate(request, bytes, visit)
    return relay(request, await primary.forward(request, bytes, visit))
  }

  return (request, visit) =>
    edge(request, visit).catch((error) => {
      parts.onProblem(error)
      return respondProblem(request, 'internal_error', 'Something failed here. Please retry.')
    })
}

/** Returns the path without a slash at its end, which Licet ignores, too. */
function readPath({ url }: Request): string {
  return new URL(url).pathname.replace(/(?<=.)\/$/, '')
}
