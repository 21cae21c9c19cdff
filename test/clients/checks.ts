/** Helpers for the checks of both TypeScript clients. */

declare const process: { readonly env: Readonly<Record<string, string | undefined>> }

export const url = process.env.LICET_URL ?? ''
export const token = process.env.LICET_TOKEN ?? ''

/** Runs one check and prints its result as a line of TAP. */
export async function check(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run()
    console.log(`ok - ${name}`)
  } catch (error) {
    console.log(`not ok - ${name}`)
    console.log(String(error).replaceAll(/^/gm, '  '))
  }
}

export function assertEqual<Value>(actual: Value, expected: Value): void {
  const [shown, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (shown !== wanted) throw new Error(`expected ${wanted}, got ${shown}`)
}

/** Returns `value` unless it is missing. */
export function present<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error(`expected a value, got ${value}`)
  return value
}
