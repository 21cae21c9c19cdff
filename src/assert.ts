/** States what must hold. A failure is our bug, never the caller's: it answers 500 and is logged. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${message}`)
}
