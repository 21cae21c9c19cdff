import { type Static, Type } from '@sinclair/typebox'

/** RFC 9457 problem details. `code` is stable; `detail` is a sentence that says what to do. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'A sentence that says what to do.' }),
    code: Type.String({ description: 'A stable word for programs.' }),
    request_id: Type.String({ description: 'The log knows the request by it.' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }), {
        description: 'The fields at fault, by JSON pointer, or by `?name` in a query.',
      }),
    ),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { title: 'Problem', description: 'An error as RFC 9457 problem details.' },
)
export type Problem = Static<typeof Problem>

interface Refusal {
  readonly title: string
  /** When it is answered. */
  readonly description: string
  /** One of its codes, and a sentence that goes with it. */
  readonly code: string
  readonly detail: string
}

/** What each status of a problem means. */
export const refusals = {
  400: {
    title: 'Bad Request',
    description: 'The body is not JSON, or a header or the cursor cannot be read.',
    code: 'invalid_json',
    detail: 'The body is not JSON. Send one JSON object.',
  },
  401: {
    title: 'Unauthorized',
    description: 'There is no live API key in `Authorization`.',
    code: 'unauthorized',
    detail: 'Send an API key: Authorization: Bearer <token>.',
  },
  403: {
    title: 'Forbidden',
    description: 'The API key lacks the scope, or the plan does not allow it.',
    code: 'missing_scope',
    detail: 'This API key lacks the scope licenses:write.',
  },
  404: {
    title: 'Not Found',
    description: 'There is no such thing.',
    code: 'not_found',
    detail: 'No such license.',
  },
  405: {
    title: 'Method Not Allowed',
    description: 'The path answers other methods, which `Allow` names.',
    code: 'method_not_allowed',
    detail: 'This path answers GET, POST only.',
  },
  409: {
    title: 'Conflict',
    description: 'What is there already stands against it.',
    code: 'invalid_transition',
    detail: 'A revoked license cannot be changed.',
  },
  412: {
    title: 'Precondition Failed',
    description: 'The license has changed since the version in `If-Match`.',
    code: 'precondition_failed',
    detail: 'The license is at version 8 by now. Read it again, then repeat your change.',
  },
  413: {
    title: 'Content Too Large',
    description: 'The body is larger than 64 KiB, or 8 MiB for many licenses at once.',
    code: 'payload_too_large',
    detail: 'The body may have 64 KiB. Send less at once.',
  },
  415: {
    title: 'Unsupported Media Type',
    description: 'The body is not `application/json`.',
    code: 'unsupported_media_type',
    detail: 'Send the body as content-type application/json.',
  },
  421: {
    title: 'Misdirected Request',
    description: 'This server does not answer for the Host name.',
    code: 'misdirected_request',
    detail: 'This server does not answer for that Host name.',
  },
  422: {
    title: 'Unprocessable Content',
    description: 'A field is not as it should be; `errors` says which.',
    code: 'validation_failed',
    detail: 'The body is not as it should be. /plan: This field is required.',
  },
  429: {
    title: 'Too Many Requests',
    description: 'Too many failed attempts; `Retry-After` says how many seconds to wait.',
    code: 'rate_limited',
    detail: 'Too many failed attempts from this address. Wait, then retry.',
  },
  500: {
    title: 'Internal Server Error',
    description: 'A failure on our side.',
    code: 'internal_error',
    detail: 'Something failed on our side. The log has it under this request id.',
  },
  503: {
    title: 'Service Unavailable',
    description: 'The database cannot be reached or written.',
    code: 'unavailable',
    detail: 'The database does not answer.',
  },
} as const satisfies Readonly<Record<number, Refusal>>

export type ProblemStatus = keyof typeof refusals

/** The problem answers of a route, to be spread into its `response`. */
export function problems<const Statuses extends readonly ProblemStatus[]>(...statuses: Statuses) {
  return Object.fromEntries(statuses.map((status) => [status, Problem])) as Record<
    Statuses[number],
    typeof Problem
  >
}
