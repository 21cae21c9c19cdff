import type { Store } from '../port.ts'

/** Returns nouns whose methods fail, as long as this engine does not have them. */
export function createUnfinished<Noun extends keyof Store>(
  names: readonly Noun[],
): Pick<Store, Noun> {
  const fail = (name: string) =>
    new Proxy(
      {},
      {
        get: (_noun, method) => () => {
          throw new Error(`PostgreSQL does not support ${name}.${String(method)} yet.`)
        },
      },
    )
  return Object.fromEntries(names.map((name) => [name, fail(name)])) as Pick<Store, Noun>
}
