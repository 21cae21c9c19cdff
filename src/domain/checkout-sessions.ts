import { HOUR_MS, isRunning } from './times.ts'

const READS_MAX = 10

/** Whether the keys of a purchase can still be read on the thank-you page. */
export function isSessionOpen(
  { readyAtMs, reads }: { readonly readyAtMs: number; readonly reads: number },
  nowMs: number,
): boolean {
  return reads < READS_MAX && isRunning(readyAtMs, HOUR_MS, nowMs)
}
