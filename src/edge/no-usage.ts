import type { EdgeUsage, EdgeUsageParts } from './usage-port.ts'

/** Creates usage that delivers nothing. */
export const createNoUsage = ({ nowMs }: EdgeUsageParts): EdgeUsage => ({
  record: () => undefined,
  recordSeen: () => undefined,
  getDeliveredUntilMs: nowMs,
  countWaiting: () => 0,
  start: () => undefined,
  close: async () => undefined,
})
