import { type Static, Type } from '@sinclair/typebox'

/** RFC 9457 problem details. `code` is stable; `detail` is a sentence that says what to do. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
    ),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  {
    $id: 'Problem',
    description: 'An error as RFC 9457 problem details.',
    examples: [
      {
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'No such license.',
        code: 'not_found',
        request_id: '0197a1c2-5b3e-7c1d-9a52-1f0e8c6f2b11',
      },
    ],
  },
)
export type Problem = Static<typeof Problem>

type ProblemStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 409
  | 412
  | 413
  | 415
  | 421
  | 422
  | 429
  | 500
  | 503

/** The problem answers of a route, to be spread into its `response`. */
export function problems<const Statuses extends readonly ProblemStatus[]>(...statuses: Statuses) {
  return Object.fromEntries(statuses.map((status) => [status, Problem])) as Record<
    Statuses[number],
    typeof Problem
  >
}
