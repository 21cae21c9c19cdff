/** Starts attempts, of which several run at the same time. */
interface Dispatcher {
  readonly startDue: () => Promise<number>
  readonly waitForOne: () => Promise<boolean>
  readonly stop: (graceMs: number) => Promise<void>
}

/** Runs until nothing is due any more, or `signal` is aborted. Returns the number of attempts. */
export async function dispatchAll(dispatcher: Dispatcher, signal: AbortSignal): Promise<number> {
  const { promise: aborted, resolve } = Promise.withResolvers<true>()
  signal.addEventListener('abort', () => resolve(true))
  let started = 0
  while (!signal.aborted) {
    const count = await dispatcher.startDue()
    started += count
    // Each attempt that ends makes room, so one that hangs does not hold up the others.
    if (count === 0 && !(await Promise.race([dispatcher.waitForOne(), aborted]))) break
  }
  await dispatcher.stop(0)
  return started
}
