import { type CountedRecord, getBucket, summarizeCounts } from '~/domain/usage.ts'
import { aValidation, startMs } from '../support/samples.ts'
import type { OpenedUsage } from './open-usage.ts'

export const aBatch = (number: number, given: { edgeId?: string; run?: string } = {}) => ({
  ...{ edgeId: 'edge_a', run: 'run_a', number },
  ...given,
})

export const counted = (given: Partial<CountedRecord> = {}): CountedRecord => {
  const record = aValidation(given)
  return { ...record, lastAtMs: record.atMs, count: 1, ...given }
}

/** Returns the days from one to another, each relative to the day of the tests. */
export const days = (first: number, last: number) => {
  const today = getBucket(startMs, 'day')
  return { interval: 'day', first: today + first, last: today + last } as const
}

/** Creates what tests ask of the usage that is open at the moment. */
export function createProbes(getOpened: () => OpenedUsage) {
  const getUsage = () => getOpened().usage
  const readCounters = async (licenseId: string) =>
    (await getUsage().readCounters([licenseId])).get(licenseId)
  return {
    record: (licenseId: string, atMs: number) =>
      getUsage().record(aValidation({ licenseId, atMs })),
    send: (number: number, ...records: readonly CountedRecord[]) =>
      getUsage().recordEdgeBatch(aBatch(number), records),
    countOf: async (licenseId: string) => (await readCounters(licenseId))?.validationCount,
    lastOf: async (licenseId: string) => (await readCounters(licenseId))?.lastValidatedAtMs,
    summaryOf: async (licenseId: string | null) =>
      summarizeCounts(await getUsage().listCounts(licenseId, days(0, 0))),
  }
}
