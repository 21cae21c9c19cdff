/** Steps that run in one turn of the event loop. Validations are answered between two turns. */
export const STEPS_PER_TURN = 25
const STEP_CHARACTERS = 20_000

/**
 * Work that is too long for one turn. It yields after each step, which takes well under a
 * millisecond, or after several: then it yields how many.
 */
export type Steps<Result> = Generator<number | undefined, Result, void>

/** Resolves in the next turn of the event loop, after the requests that have arrived meanwhile. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

/** Runs all steps, a few per turn. `pace` is shared by works that run one after another. */
export async function runInTurns<Result>(
  steps: Steps<Result>,
  pace = createPace(),
): Promise<Result> {
  let step = steps.next()
  for (; !step.done; step = steps.next()) {
    const turn = pace(step.value ?? 1)
    // Awaiting nothing costs as much as a short step.
    if (turn !== undefined) await turn
  }
  return step.value
}

/** Returns a function that counts steps, and waits for the next turn when it is time. */
export function createPace(): (steps: number) => Promise<void> | undefined {
  let taken = 0
  return (steps) => {
    taken += steps
    if (taken < STEPS_PER_TURN) return undefined
    taken = 0
    return nextTurn()
  }
}

/** Returns how many steps it takes to encrypt or write a text of this length. */
export function countSteps({ length }: string): number {
  return Math.ceil(length / STEP_CHARACTERS)
}

/** Returns work that is short as a single step. */
// biome-ignore lint/correctness/useYield: it is a single step.
export function* takeOneStep<Result>(work: () => Result): Steps<Result> {
  return work()
}

/** Runs all steps at once. */
export function runAtOnce<Result>(steps: Steps<Result>): Result {
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

/** A result that is there at once if it is in memory, which spares the event loop a promise. */
export type Eventual<Result> = Result | Promise<Result>

/** Continues with a result: at once if it is there. */
export function whenReady<Given, Result>(
  eventual: Eventual<Given>,
  use: (given: Given) => Eventual<Result>,
): Eventual<Result> {
  return eventual instanceof Promise ? eventual.then(use) : use(eventual)
}
