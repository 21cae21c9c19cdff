import { noUsage } from '~/domain/usage.ts'
import type { Usage } from './port.ts'

const none = { data: [], nextAfter: null }

/** Records nothing, as long as usage cannot be stored in PostgreSQL. */
export const unfinishedUsage: Usage = {
  record: () => undefined,
  recordEdgeBatch: async () => undefined,
  readCounters: async (licenseIds) => new Map(licenseIds.map((id) => [id, noUsage])),
  list: async () => none,
  listMany: async () => none,
  listCounts: async () => [],
  listSeries: async () => [],
  countDevices: async () => 0,
  export: async () => ({ data: [], after: null }),
  trim: async () => 0,
  erase: async () => 0,
  truncateLog: async () => undefined,
  listDegradations: () => [],
  flush: async () => undefined,
  close: async () => undefined,
}
