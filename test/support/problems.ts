import { expect } from 'bun:test'
import { problemCodes } from '~/wire/problems.ts'
import type { Answer } from './app.ts'

/** RFC 9457 in the contract's form: all its fields, no other, and a sentence in `detail`. */
export function expectProblem(
  answer: Answer,
  status: number,
  code: string,
  pointers: readonly string[] = [],
): void {
  const sentence = expect.stringMatching(/^\w.*\.$/s)
  expect(answer.body).toEqual({
    type: 'about:blank',
    title: expect.stringMatching(/^[A-Z]/),
    status,
    detail: sentence,
    code,
    request_id: answer.headers.get('x-request-id'),
    ...(pointers.length > 0 && {
      errors: pointers.map((pointer) => ({ pointer, detail: sentence })),
    }),
  })
  expect(problemCodes).toContain(code)
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
}

/** The problem that a refusal is on the routes of activations and seats. */
export function expectRefusal(answer: Answer, code: string, details?: object, status = 409): void {
  const { details: shown, ...problem } = answer.body
  expect(shown).toEqual(details)
  expectProblem({ ...answer, body: problem }, status, code)
}
