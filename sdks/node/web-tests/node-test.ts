/** Takes the place of `node:test` where there is no Node. */

type Run = () => unknown

interface Test {
  readonly name: string
  readonly run: Run
}

const tests: Test[] = []
const firstSteps: Run[] = []

/** Adds a test. It may have options, which are for Node. */
export function test(name: string, ...rest: readonly [...(object | Run)[]]): void {
  const run = rest.at(-1)
  if (typeof run === 'function') tests.push({ name, run: () => run() })
}

/** Adds a step before all tests. */
export function before(run: Run): void {
  firstSteps.push(run)
}

/** Nothing has to be cleaned up, because the page or the Worker ends. */
export function after(_run: Run): void {}

/** Runs the tests one after the other. Returns their results as lines of TAP. */
export async function runTests(): Promise<string> {
  const lines: string[] = []
  for (const run of firstSteps) await run()
  for (const { name, run } of tests) {
    try {
      await run()
      lines.push(`ok - ${name}`)
    } catch (error) {
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
      lines.push(`not ok - ${name}\n${cause.replaceAll(/^/gm, '  ')}`)
    }
  }
  return lines.join('\n')
}
