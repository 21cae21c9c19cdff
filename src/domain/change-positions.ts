import { assert } from '~/assert.ts'

/** A place in the order of all changes. Numbers are in commit order and go on from session to session. */
export interface ChangePosition {
  /** One run of a server. A backup that is restored begins another one. */
  readonly session: string
  readonly number: number
}

export function formatChangePosition({ session, number }: ChangePosition): string {
  return `${session}.${number}`
}

/** Returns null for a text that is no position. */
export function parseChangePosition(text: string): ChangePosition | null {
  const [, session, digits] = /^([0-9a-f]{16})\.(\d{1,15})$/.exec(text) ?? []
  return session === undefined ? null : { session, number: Number(digits) }
}

/** Returns the number of a position that this server has formatted. */
export function getChangeNumber(position: string): number {
  const parsed = parseChangePosition(position)
  assert(parsed !== null, 'the store formats positions')
  return parsed.number
}
