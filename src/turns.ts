/** Resolves in the next turn of the event loop, after the requests that have arrived meanwhile. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
