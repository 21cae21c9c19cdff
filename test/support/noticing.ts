/** A running server notices the commits of other processes within 250 ms. The rest is for a machine that is busy. */
const NOTICED_MS_MAX = 20_000
const FIRST_PAUSE_MS = 20
/** Pauses get longer, because a server refuses many attempts with unknown keys. */
const GROWTH = 1.5

/** Reads from a running server until it has noticed what a command has changed, and returns what it read last. */
export async function readUntil<Result>(
  read: () => Promise<Result>,
  isNoticed: (result: Result) => boolean,
): Promise<Result> {
  const deadlineMs = performance.now() + NOTICED_MS_MAX
  let result = await read()
  let pauseMs = FIRST_PAUSE_MS
  while (!isNoticed(result) && performance.now() < deadlineMs) {
    await Bun.sleep(pauseMs)
    pauseMs *= GROWTH
    result = await read()
  }
  return result
}
