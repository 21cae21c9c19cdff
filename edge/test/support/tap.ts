/** Runs tests on any runtime. `node:test` is not everywhere. */

type Run = () => Promise<void>

const tests: { readonly name: string; readonly run: Run }[] = []

export function test(name: string, run: Run): void {
  tests.push({ name, run })
}

/** Adds a test for each case; `$` in the name is replaced by the name of the case. */
export function testEach<Value>(
  name: string,
  cases: Readonly<Record<string, Value>>,
  run: (value: Value) => Promise<void>,
): void {
  for (const [each, value] of Object.entries(cases)) {
    test(name.replace('$', each), () => run(value))
  }
}

/** Runs the tests one after the other. Returns their results as lines of TAP. */
export async function runTests(): Promise<string> {
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
  return lines.join('\n')
}

/** Fails unless both values are equal as JSON. */
export function expectEqual(found: unknown, wanted: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (one !== other) throw new Error(`Found ${one} instead of ${other}.`)
}

export function expectTrue(condition: boolean, sentence: string): void {
  if (!condition) throw new Error(sentence)
}
