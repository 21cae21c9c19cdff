/** Events per transaction. Other commands run between the transactions. */
export const STEP_EVENTS = 100

/** The events after a position that were recovered. `nextPosition` is null after the last ones. */
export interface RecoveryStep {
  readonly recovered: number
  readonly nextPosition: number | null
}

/** Recovers from a position on, in a transaction for each step. Returns how many events were recovered. */
export async function recoverInSteps(
  start: number | null,
  recoverStep: (from: number) => Promise<RecoveryStep | null>,
): Promise<number> {
  let recovered = 0
  let position = start
  while (position !== null) {
    const step: RecoveryStep | null = await recoverStep(position)
    recovered += step?.recovered ?? 0
    position = step?.nextPosition ?? null
  }
  return recovered
}
