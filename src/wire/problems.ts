import type { Static } from '@sinclair/typebox'
import type { FaultKind } from '~/domain/faults.ts'
import { type VerdictError, verdictErrors } from '~/domain/verdicts.ts'
import { Signed } from './signing.ts'
import { Type } from './type.ts'

/** Each status of a problem: when it is returned, and an example. */
export const problemStatuses = {
  400: {
    title: 'Bad Request',
    description:
      'The body is not valid JSON in UTF-8, or a header, the query or the cursor is malformed.',
    code: 'invalid_json',
    detail: 'The request body is not valid JSON. Send a single JSON object.',
  },
  401: {
    title: 'Unauthorized',
    description:
      'The `Authorization` header contains no valid API key, or the cookie no valid session.',
    code: 'unauthorized',
    detail: 'Send an API key: Authorization: Bearer <API key>.',
  },
  403: {
    title: 'Forbidden',
    description: 'The API key lacks a scope, or the plan does not allow the request.',
    code: 'missing_scope',
    detail: 'This API key lacks the scope licenses:write. Use one that has it.',
  },
  404: {
    title: 'Not Found',
    description: 'The resource does not exist, or no license has this key.',
    code: 'not_found',
    detail: 'No such license.',
  },
  410: {
    title: 'Gone',
    description: 'The content was deleted, or the server does not know the position.',
    code: 'gone',
    detail: 'The raw event was deleted, so it cannot be replayed.',
  },
  405: {
    title: 'Method Not Allowed',
    description:
      'The path does not support this method. `Allow` lists the methods that it supports.',
    code: 'method_not_allowed',
    detail: 'This path supports only GET, POST.',
  },
  409: {
    title: 'Conflict',
    description: 'The current state does not allow the request.',
    code: 'invalid_transition',
    detail: 'A revoked license cannot be changed.',
  },
  412: {
    title: 'Precondition Failed',
    description: 'The license has changed since the version in `If-Match`.',
    code: 'precondition_failed',
    detail: 'The license is now at version 8. Read it again, then repeat your change.',
  },
  413: {
    title: 'Content Too Large',
    description:
      'The body exceeds 64 KiB, or 512 KiB for checkout events, or 8 MiB for bulk changes.',
    code: 'payload_too_large',
    detail: 'The request body exceeds 64 KiB. Send a smaller one.',
  },
  415: {
    title: 'Unsupported Media Type',
    description: 'The body is not `application/json` in UTF-8, or is compressed.',
    code: 'unsupported_media_type',
    detail: 'Send the request body with Content-Type: application/json.',
  },
  421: {
    title: 'Misdirected Request',
    description: 'The server does not accept this Host name.',
    code: 'misdirected_request',
    detail:
      'This server does not accept this Host name. LICET_ALLOWED_HOSTS lists the names that it accepts.',
  },
  422: {
    title: 'Unprocessable Content',
    description: 'A field is invalid; `errors` lists the invalid fields.',
    code: 'validation_failed',
    detail: 'The request body is invalid. /plan: This field is required.',
  },
  429: {
    title: 'Too Many Requests',
    description:
      'Too many requests or failed attempts. `Retry-After` is the number of seconds to wait.',
    code: 'rate_limited',
    detail: 'Too many failed attempts from this address. Wait, then retry.',
  },
  500: {
    title: 'Internal Server Error',
    description: 'An internal error occurred.',
    code: 'internal_error',
    detail: 'An internal error occurred. The server log contains it under this request ID.',
  },
  503: {
    title: 'Service Unavailable',
    description: 'The database cannot be read or written at the moment.',
    code: 'unavailable',
    detail: 'The database cannot be written at the moment. Retry later.',
  },
} as const

export type ProblemStatus = keyof typeof problemStatuses

/** The last three kinds always have a code of their own. */
export const statusOfKind = {
  invalid_json: 400,
  invalid_cursor: 400,
  invalid_request: 400,
  event_rejected: 400,
  unauthorized: 401,
  missing_scope: 403,
  lasting_key_required: 403,
  cross_site_request: 403,
  email_sign_in_required: 403,
  not_found: 404,
  license_key_malformed: 404,
  gone: 410,
  position_unknown: 410,
  method_not_allowed: 405,
  already_exists: 409,
  in_use: 409,
  invalid_transition: 409,
  perpetual: 409,
  idempotency_in_progress: 409,
  mail_not_configured: 409,
  no_email_address: 409,
  not_supported: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  misdirected_request: 421,
  validation_failed: 422,
  idempotency_mismatch: 422,
  too_many_matches: 422,
  rate_limited: 429,
  unavailable: 503,
  primary_unreachable: 503,
  job_failed: 500,
  key_unknown: 404,
  not_permitted: 403,
  refused: 409,
} as const satisfies Readonly<Record<FaultKind, ProblemStatus>>

/** Only validations return it, as a verdict. Other calls are refused with the others. */
const verdictOnly: VerdictError = 'FINGERPRINT_REQUIRED'

const privateKinds = ['key_unknown', 'not_permitted', 'refused']

export const problemCodes: readonly string[] = [
  ...Object.keys(statusOfKind).filter((kind) => !privateKinds.includes(kind)),
  'internal_error',
  ...verdictErrors.filter((error) => error !== verdictOnly),
]

/** RFC 9457 problem details. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Described('A sentence that says what to do.'),
    code: Type.PublishAs(
      Type.String(),
      Type.Literals(problemCodes, {
        title: 'ProblemCode',
        description: 'A stable code for programs.',
        // Generators write names in upper case, which would make two codes one.
        'x-enum-varnames': problemCodes.map((code) =>
          code === code.toUpperCase() ? `REFUSED_${code}` : code.toUpperCase(),
        ),
      }),
    ),
    request_id: Type.Described('The ID of the request in the log.'),
    errors: Type.Optional(
      Type.Array(
        Type.Object({ pointer: Type.String(), detail: Type.String() }, { title: 'FieldError' }),
        {
          description: 'The invalid fields: a JSON pointer into the body, or `?name` in the query.',
        },
      ),
    ),
    details: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Facts about a refusal, such as the limit and the number in use.',
      }),
    ),
    signed: Signed,
  },
  { title: 'Problem', description: 'An error as RFC 9457 problem details.' },
)
export type Problem = Static<typeof Problem>

/** The problem responses of a route, to be spread into its `response`. */
export function problems<const Statuses extends readonly ProblemStatus[]>(...statuses: Statuses) {
  return Object.fromEntries(statuses.map((status) => [status, Problem])) as Record<
    Statuses[number],
    typeof Problem
  >
}
