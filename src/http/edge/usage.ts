import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { Edge } from '~/domain/edges.ts'
import { removeUnstorable } from '~/domain/text.ts'
import { DAY_MS } from '~/domain/times.ts'
import {
  type CountedRecord,
  getBucket,
  getBucketStart,
  parseCountry,
  truncateAddress,
} from '~/domain/usage.ts'
import { createPace } from '~/turns.ts'
import {
  EdgeUsageBody,
  EdgeUsageReceipt,
  USAGE_BYTES_MAX,
  type UsageEntry,
} from '~/wire/edge-usage.ts'
import { edgeAnswers } from '../answers.ts'
import { edgeOf } from '../plugins/edge-auth.ts'
import { logQuietly } from '../plugins/requests.ts'
import { openOptions } from '../plugins/route-options.ts'
import { createFindNames, type LicenseNames } from './license-names.ts'

type UsageDeps = Pick<Deps, 'store' | 'usage' | 'clock' | 'config' | 'findCountry'>

/** The clock of an edge may be ahead by this much. */
const AHEAD_MAX_MS = 60_000

/** The validations that an edge has answered come back here, each batch once. */
export const edgeUsageRoutes = (deps: UsageDeps) => {
  const { store, usage } = deps
  const readRecords = createReadRecords(deps)

  return new Elysia({ tags: ['Edges'] }).macro(openOptions).post(
    '/usage',
    async ({ body, request }) => {
      logQuietly(request)
      const edge = edgeOf(request)
      const { run, batch: number, entries, seen } = body
      const records = await readRecords(edge, entries)
      const batch = number === null ? null : { edgeId: edge.id, run, number }
      await usage.recordEdgeBatch(batch, records)
      // Last, and also for a batch that is sent again: the first attempt may have ended before.
      await recordSeen(edge, seen)
      return { batch: number, unknown: entries.length - records.length }
    },
    {
      credential: 'edge token',
      operationId: 'sendEdgeUsage',
      bodyBytesMax: USAGE_BYTES_MAX,
      body: EdgeUsageBody,
      ...edgeAnswers(EdgeUsageReceipt, 400, 413, 415, 422),
      summary: 'Store validations that an edge has answered',
      description:
        'They are on disk before the response. A batch whose number is not above the last one of the same run changes nothing.',
    },
  )

  async function recordSeen(edge: Edge, seen: EdgeUsageBody['seen']): Promise<void> {
    if (seen.length === 0) return
    const nowMs = deps.clock.nowMs()
    const limited = seen.map(([id, atMs]) => [id, Math.min(atMs, nowMs)] as const)
    // The feed says up to when all batches have arrived.
    await store.edges.recordUsage(edge.id, { untilMs: 0, seen: limited })
  }
}

/** Returns a function that leaves out entries of unknown licenses. */
function createReadRecords(deps: UsageDeps) {
  const findNames = createFindNames(deps.store)
  return async (edge: Edge, entries: readonly UsageEntry[]): Promise<readonly CountedRecord[]> => {
    const pace = createPace()
    const nowMs = deps.clock.nowMs()
    const records: CountedRecord[] = []
    for (const entry of entries) {
      const turn = pace(1)
      if (turn !== undefined) await turn
      const finding = findNames(entry[0])
      const names = finding instanceof Promise ? await finding : finding
      if (names !== null) records.push(toRecord(deps, edge, names, entry, nowMs))
    }
    return records
  }
}

/** Trusts an edge with what it has seen, but not with times outside of its life. */
function toRecord(
  { config, findCountry }: UsageDeps,
  edge: Edge,
  names: LicenseNames,
  [licenseId, firstMs, lastMs, count, error, ...texts]: UsageEntry,
  nowMs: number,
): CountedRecord {
  const [country, activatedDomain, domain, fingerprint, address, version] = texts.map(clean)
  const placedMs = Math.max(firstMs, edge.createdAtMs)
  const atMs = placedMs > nowMs + AHEAD_MAX_MS ? nowMs : placedMs
  const hourEndMs = getBucketStart(getBucket(atMs, 'hour') + 1, 'hour')
  return {
    ...{ licenseId, count, error, planSlug: names.planSlug, productSlug: names.productSlug },
    atMs,
    lastAtMs: Math.max(atMs, Math.min(lastMs, nowMs, hourEndMs - 1)),
    country: parseCountry(country) ?? (address ? findCountry(address) : null),
    activatedDomain: activatedDomain ?? null,
    domain: domain ?? null,
    fingerprint: fingerprint ?? null,
    address: address ? truncateAddress(address, config.ipStorage) : null,
    version: version ?? null,
    // Of an earlier day, a later one may have been reported already.
    sharing: atMs < nowMs - DAY_MS ? null : names.sharing,
  }
}

const clean = (text: string | null) => (text === null ? null : removeUnstorable(text))
