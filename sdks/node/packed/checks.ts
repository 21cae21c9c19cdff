/** Helpers for the programs that use the packed SDK. They print their checks as lines of TAP. */

/** Runs one check and prints its result. `runtime` is the program that runs it, such as Node. */
export function createCheck(print: (line: string) => void, runtime: string) {
  return async (name: string, run: () => Promise<void> | void): Promise<void> => {
    try {
      await run()
      print(`ok - ${runtime}: ${name}`)
    } catch (error) {
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
      print(`not ok - ${runtime}: ${name}\n${cause.replaceAll(/^/gm, '  ')}`)
    }
  }
}

export type Check = ReturnType<typeof createCheck>

export function assertEqual(actual: unknown, expected: unknown): void {
  const [shown, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (shown !== wanted) throw new Error(`expected ${wanted}, got ${shown}`)
}
