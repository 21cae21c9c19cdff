/** A result that is there at once if it is in memory, which spares the event loop a promise. */
export type Eventual<Result> = Result | Promise<Result>

/** Continues with a result: at once if it is there. */
export function whenReady<Given, Result>(
  eventual: Eventual<Given>,
  use: (given: Given) => Eventual<Result>,
): Eventual<Result> {
  return eventual instanceof Promise ? eventual.then(use) : use(eventual)
}
