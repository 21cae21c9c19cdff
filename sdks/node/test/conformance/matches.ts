import assert from 'node:assert/strict'
import { isObject } from '../../src/json.ts'

/**
 * Compares what `expected` contains. A member that is null there must be null or absent. An object must
 * have no members besides those, unless it is at the top.
 */
export function assertMatches(actual: unknown, expected: Readonly<Record<string, unknown>>): void {
  const found = dropNull(actual)
  for (const [name, value] of Object.entries(expected)) {
    const own = isObject(found) ? found[name] : undefined
    if (isObject(value) && (name === 'state' || name === 'verdict')) assertMatches(own, value)
    else assert.deepEqual({ [name]: own }, { [name]: dropNull(value) ?? undefined })
  }
}

function dropNull(value: unknown): unknown {
  if (value === null) return undefined
  if (Array.isArray(value)) return value.map(dropNull)
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([name, member]) => [name, dropNull(member)] as const)
  return Object.fromEntries(members.filter(([, member]) => member !== undefined))
}
