/** Whether two JSON-like values are equal, regardless of the order of their members. */
export function isEqual(first: unknown, second: unknown): boolean {
  if (Object.is(first, second)) return true
  if (!isObject(first) || !isObject(second)) return false
  const names = Object.keys(first)
  return (
    Array.isArray(first) === Array.isArray(second) &&
    names.length === Object.keys(second).length &&
    names.every((name) => Object.hasOwn(second, name) && isEqual(first[name], second[name]))
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
