import { expect } from 'bun:test'
import { problemCodes } from '~/wire/problems.ts'
import type { TestResponse } from './app.ts'

/** Expects RFC 9457 problem details with exactly our fields, and a sentence in `detail`. */
export function expectProblem(
  response: TestResponse,
  status: number,
  code: string,
  pointers: readonly string[] = [],
): void {
  const sentence = expect.stringMatching(/^\w.*\.$/s)
  expect(response.body).toEqual({
    type: 'about:blank',
    title: expect.stringMatching(/^[A-Z]/),
    status,
    detail: sentence,
    code,
    request_id: response.headers.get('x-request-id'),
    ...(pointers.length > 0 && {
      errors: pointers.map((pointer) => ({ pointer, detail: sentence })),
    }),
  })
  expect(problemCodes).toContain(code)
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
}

/** Expects the problem that activation and seat routes return for a refusal. */
export function expectRefusal(
  response: TestResponse,
  code: string,
  details?: object,
  status = 409,
): void {
  const { details: shown, ...problem } = response.body
  expect(shown).toEqual(details)
  expectProblem({ ...response, body: problem }, status, code)
}
