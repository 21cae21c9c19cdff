/** Asserts what must be true. A failure is a bug of ours, so the response is 500 and it is logged. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${message}`)
}
