import { SECOND_MS } from '~/domain/times.ts'

/**
 * Returns a function that returns the time of the primary for a Date header; null before it is known. Apps
 * read that header as the time of their server, and the clock of an edge may be wrong.
 */
export function createDateText(nowMs: () => number): () => string | null {
  let second = 0
  let text: string | null = null
  return () => {
    const current = Math.floor(nowMs() / SECOND_MS)
    if (current === second) return text
    second = current
    text = current === 0 ? null : new Date(current * SECOND_MS).toUTCString()
    return text
  }
}
