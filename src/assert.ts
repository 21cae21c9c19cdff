/** Asserts an invariant. A failure is our bug: it is logged, and the response is 500. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${message}`)
}
