import { HOUR_MS, isRunning } from './times.ts'

const READS_MAX = 10
const SESSION_ID = /\b((?:cs_(?:live_|test_)?|txn_)\w{4})\w{4,}(?=\w{4}\b)/g

/** Whether the keys of a purchase can still be read on the thank-you page. */
export function isSessionOpen(
  { readyAtMs, reads }: { readonly readyAtMs: number; readonly reads: number },
  nowMs: number,
): boolean {
  return reads < READS_MAX && isRunning(readyAtMs, HOUR_MS, nowMs)
}

/**
 * Masks IDs of sessions, which some providers also use as references of orders: for an hour,
 * they are enough to read the license keys.
 */
export function maskSessionIds(text: string): string {
  return text.replace(SESSION_ID, '$1…')
}
