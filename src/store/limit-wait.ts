/** Resolves or rejects like the promise, and rejects with what `buildError` returns if that takes longer. */
export async function limitWait<Result>(
  promise: Promise<Result>,
  waitMs: number,
  buildError: () => unknown,
): Promise<Result> {
  const over = Promise.withResolvers<never>()
  const timer = setTimeout(() => over.reject(buildError()), waitMs)
  try {
    return await Promise.race([promise, over.promise])
  } finally {
    clearTimeout(timer)
  }
}
