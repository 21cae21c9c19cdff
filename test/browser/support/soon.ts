import { expect, type Matchers } from 'bun:test'

/** How long a page has until it shows what it should, on a busy machine. */
const PATIENCE_MS = 15_000
const INTERVAL_MS = 25

/** The matchers of `expect`. Each resolves once it holds. */
type SoonMatchers<T> = {
  readonly [Name in Exclude<keyof Matchers<T>, 'not'>]: Matchers<T>[Name] extends (
    ...expected: infer Expected
  ) => unknown
    ? (...expected: Expected) => Promise<void>
    : never
} & { readonly not: SoonMatchers<T> }

/**
 * Reads a page until it is as expected: `await expectSoon(() => rows.count()).toBe(2)`. A page shows what it
 * has loaded some time after a test has asked for it. Fails as `expect` does if it never comes.
 */
export function expectSoon<T>(read: () => T | Promise<T>): SoonMatchers<T> {
  return createMatchers(read, false)
}

function createMatchers<T>(read: () => T | Promise<T>, isNegated: boolean): SoonMatchers<T> {
  return new Proxy({} as SoonMatchers<T>, {
    get: (_target, name) =>
      name === 'not' ? createMatchers(read, true) : match(read, isNegated, name as 'toBe'),
  })
}

function match<T>(read: () => T | Promise<T>, isNegated: boolean, name: 'toBe') {
  return async (...expected: [T]): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      try {
        const value = await read()
        const matchers = isNegated ? expect(value).not : expect(value)
        matchers[name](...expected)
        return
      } catch (error) {
        if (performance.now() > deadline) throw error
      }
      await Bun.sleep(INTERVAL_MS)
    }
  }
}
