/** Takes the place of `node:test` where there is no Node. */

interface Test {
  readonly name: string
  readonly run: () => unknown
}

const tests: Test[] = []

export function test(name: string, run: () => unknown): void {
  tests.push({ name, run })
}

/** Runs the tests one after the other. Returns their results as lines of TAP. */
export async function runTests(): Promise<string[]> {
  const lines: string[] = []
  for (const { name, run } of tests) {
    try {
      await run()
      lines.push(`ok - ${name}`)
    } catch (error) {
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
      lines.push(`not ok - ${name}\n${cause.replaceAll(/^/gm, '  ')}`)
    }
  }
  return lines
}
