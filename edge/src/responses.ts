import type { Reply } from './primary.ts'

const REQUEST_ID = /^[\w.:-]{1,128}$/
const PREFLIGHT_SECONDS = '86400'
const RETRY_AFTER_SECONDS = '1'

/** Headers of every response, as Licet sends them, also for pages of any origin. */
const ownHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'date, ratelimit, ratelimit-policy, retry-after, x-request-id',
}

/** Headers of the primary that concern the app. */
const relayedHeaders = [
  'cache-control',
  'content-disposition',
  'content-type',
  'etag',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'vary',
  'x-request-id',
]

/** Each problem that this machine reports itself: its status and title. */
const problems = {
  unauthorized: [401, 'Unauthorized'],
  not_found: [404, 'Not Found'],
  method_not_allowed: [405, 'Method Not Allowed'],
  payload_too_large: [413, 'Content Too Large'],
  misdirected_request: [421, 'Misdirected Request'],
  internal_error: [500, 'Internal Server Error'],
  unavailable: [503, 'Service Unavailable'],
  primary_unreachable: [503, 'Service Unavailable'],
} as const satisfies Readonly<Record<string, readonly [status: number, title: string]>>

/** Returns a response in JSON. */
export function respond(request: Request, status: number, text: string, more: HeadersInit = {}) {
  const headers = buildHeaders(request)
  headers.set('content-type', 'application/json')
  for (const [name, value] of new Headers(more)) headers.set(name, value)
  return new Response(text, { status, headers })
}

/** Returns problem details (RFC 9457), as Licet returns them. */
export function respondProblem(
  request: Request,
  code: keyof typeof problems,
  detail: string,
  more: HeadersInit = {},
): Response {
  const [status, title] = problems[code]
  const headers = new Headers(more)
  headers.set('content-type', 'application/problem+json')
  const request_id = chooseRequestId(request)
  headers.set('x-request-id', request_id)
  const body = { type: 'about:blank', title, status, detail, code, request_id }
  return respond(request, status, JSON.stringify(body), headers)
}

/** Returns the response that lets pages of any origin call a route with these methods. */
export function allowAnyOrigin(request: Request, methods: readonly string[]): Response {
  const headers = buildHeaders(request)
  headers.set('access-control-allow-methods', [...methods, 'OPTIONS'].join(', '))
  headers.set('access-control-allow-headers', 'content-type, x-request-id')
  headers.set('access-control-max-age', PREFLIGHT_SECONDS)
  return new Response(null, { status: 204, headers })
}

/** Returns the response of the primary; null if there is none. */
export function relay(request: Request, reply: Reply | null): Response {
  if (reply === null) {
    const detail = 'The license server cannot be reached. Wait, then retry.'
    const more = { 'retry-after': RETRY_AFTER_SECONDS }
    return respondProblem(request, 'primary_unreachable', detail, more)
  }
  const { status, bytes } = reply
  const headers = buildHeaders(request)
  for (const name of relayedHeaders) {
    const value = reply.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  const hasBody = status !== 204 && status !== 304 && request.method !== 'HEAD'
  return new Response(hasBody ? bytes : null, { status, headers })
}

function buildHeaders(request: Request): Headers {
  return new Headers({ ...ownHeaders, 'x-request-id': chooseRequestId(request) })
}

function chooseRequestId({ headers }: Request): string {
  const given = headers.get('x-request-id') ?? ''
  return REQUEST_ID.test(given) ? given : crypto.randomUUID()
}
