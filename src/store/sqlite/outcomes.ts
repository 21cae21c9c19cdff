import type { Decision } from '~/domain/decisions.ts'

/** What a command has found and decided, and how it reads back what became of it. */
export interface Outcome<Answer> {
  readonly decision: Decision<unknown>
  readonly answer: () => Answer
}

/** For decisions whose result says all there is to answer. */
export function outcomeOf<Result>(decision: Decision<Result>): Outcome<Result> {
  return { decision, answer: () => decision.result }
}
