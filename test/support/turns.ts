/** The turns of the event loop while a function ran. */
export interface Turns {
  readonly turns: number
  /** The most units of work in one turn. */
  readonly unitsMax: number
}

/** Counts turns of the event loop until `run` ends, and the units of work that it reports in each. */
export async function countTurns(run: (countUnit: () => void) => Promise<unknown>): Promise<Turns> {
  let [turns, units, unitsMax] = [0, 0, 0]
  let isOver = false
  const endTurn = () => {
    turns += 1
    unitsMax = Math.max(unitsMax, units)
    units = 0
    if (!isOver) setImmediate(endTurn)
  }
  setImmediate(endTurn)
  try {
    await run(() => {
      units += 1
    })
  } finally {
    isOver = true
  }
  return { turns, unitsMax: Math.max(unitsMax, units) }
}
