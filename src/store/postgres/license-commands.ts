import { type Decision, joinWrites } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import type { License, LicenseSelection, LicenseSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { createPace } from '~/turns.ts'
import type { BulkPreview, Changed, Decide, LicenseStep, Licenses } from '../port.ts'
import { cutPage } from '../shared/pages.ts'
import { readActivationState } from './activation-state.ts'
import { type Origin, runCommand } from './commands.ts'
import { applyDecision } from './decisions.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { createNotifyExpirations } from './expirations.ts'
import { countLicenses, selectIds } from './license-lists.ts'
import type { LicenseQueue } from './license-queue.ts'
import { searchIds } from './license-search.ts'
import {
  type Counters,
  lockRecords,
  noCounters,
  type Records,
  readRecords,
  requireRecord,
} from './licenses.ts'
import { readPlan } from './plans.ts'

/** As many as one request can create. */
const REUSED_MAX = 1000

export function createLicenses(engine: Engine, queue: LicenseQueue): Licenses {
  const { readCounters } = engine
  return {
    hasAny: async () => (await engine.client.unsafe('SELECT FROM licenses LIMIT 1')).length > 0,
    find: async (id) => {
      const records = await readRecords(engine, [id], await readCounters([id]))
      return records.get(id) ?? null
    },
    list: async (filter, { limit, after }) => {
      const ids = await selectIds(engine, filter, limit + 1, after)
      const shown = ids.slice(0, limit)
      const records = await readRecords(engine, shown, await readCounters(shown))
      const page = cutPage(
        ids,
        limit,
        (id) => id,
        (id) => id,
      )
      return { ...page, data: page.data.map((id) => requireRecord(records, id)) }
    },
    search: async (query, max) => {
      const { reasons, hasMore } = await searchIds(engine, query, max)
      const ids = [...reasons.keys()]
      const records = await readRecords(engine, ids, await readCounters(ids))
      const matches = [...reasons].map(([id, why]) => ({ record: requireRecord(records, id), why }))
      return { matches, hasMore }
    },
    create: (order, context, decide) => create(engine, order, context, decide),
    change: (id, query, context, decide) => queue.run({ id, query, context, decide }),
    changeInOrder: async (id, steps, context, finish) => {
      const sequence = { id, steps, finish, counters: await readCounters([id]) }
      return runCommand(engine, context, (tx) => decideInOrder(tx, context, sequence))
    },
    changeMany: async (selection, matchesMax, context, decide) => {
      const counters = await readCounters(await resolveSelection(engine, selection, matchesMax))
      return runCommand(engine, context, async (tx) => {
        const ids = await resolveSelection(tx, selection, matchesMax)
        const records = await lockRecords(tx, ids, counters)
        const decision = await decideEach(ids, records, decide)
        const { readAfter } = await applyDecision(tx, context, decision, { records, counters })
        return ids.map(readAfter)
      })
    },
    previewMany: async (selection, matchesMax, decide) => {
      const ids = await resolveSelection(engine, selection, matchesMax)
      return preview(ids, await readRecords(engine, ids), decide)
    },
    notifyExpirations: createNotifyExpirations(engine),
  }
}

async function create(
  engine: Engine,
  { planSlug, externalRef = null }: Parameters<Licenses['create']>[0],
  context: Parameters<Licenses['create']>[1],
  decide: Parameters<Licenses['create']>[2],
): ReturnType<Licenses['create']> {
  const counters = await readCountersOfReused(engine, planSlug, externalRef)
  return runCommand(engine, context, async (tx) => {
    // A plan that is being archived or deleted is not used any more.
    const plan = await readPlan(tx, planSlug, 'FOR SHARE')
    if (plan === null) return null
    if (externalRef !== null) await lockReference(tx, plan, externalRef)
    const existing = await readByReference(tx, plan, externalRef)
    const decision = decide({ plan, existing })
    const { result: ids, readAfter } = await applyDecision(tx, context, decision, { counters })
    const isNew = decision.changes.length > 0
    const created = new Set(
      decision.changes.flatMap((change) =>
        change.type === 'license.create' ? change.license.id : [],
      ),
    )
    const others = ids.filter((id) => !created.has(id))
    const records = await readRecords(tx, others, counters)
    return ids.map((id) => ({ ...(records.get(id) ?? readAfter(id)), isNew }))
  })
}

/** Of two orders with the same reference, the second finds the licenses of the first. */
async function lockReference(
  { client }: Tx,
  { productSlug }: Plan,
  externalRef: string,
): Promise<void> {
  const name = JSON.stringify([productSlug, externalRef])
  await client.unsafe('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name])
}

interface Sequence<Step, Result> {
  readonly id: string
  readonly steps: readonly LicenseStep<Step>[]
  readonly finish: (state: LicenseSnapshot, results: readonly Step[]) => Decision<Result>
  readonly counters: Counters
}

async function decideInOrder<Step, Result>(
  tx: Tx,
  origin: Origin,
  { id, steps, finish, counters }: Sequence<Step, Result>,
): Promise<Changed<Result> | null> {
  let records = await lockRecords(tx, [id], counters)
  if (!records.has(id)) return null
  const results: Step[] = []
  for (const { query, decide } of steps) {
    const record = requireRecord(records, id)
    const state = { ...record, ...(await readActivationState(tx, record, query)) }
    const known = { records, counters }
    const { result, readAfter } = await applyDecision(tx, origin, decide(state), known)
    records = new Map([[id, readAfter(id)]])
    results.push(result)
  }
  const last = finish(requireRecord(records, id), results)
  const { result, readAfter } = await applyDecision(tx, origin, last, { records, counters })
  return { ...readAfter(id), result }
}

/** Each license is decided on alone, so all can be written together. */
async function decideEach(
  ids: readonly string[],
  records: Records,
  decide: Decide<LicenseSnapshot, unknown>,
): Promise<Decision<null>> {
  const pace = createPace()
  const decisions: Decision<unknown>[] = []
  for (const id of ids) {
    decisions.push(decide(requireRecord(records, id)))
    const turn = pace(1)
    if (turn !== undefined) await turn
  }
  return { result: null, ...joinWrites(decisions) }
}

async function preview(
  ids: readonly string[],
  records: Records,
  decide: Decide<LicenseSnapshot, unknown>,
): Promise<BulkPreview> {
  const pace = createPace()
  let changed = 0
  for (const id of ids) {
    if (decide(requireRecord(records, id)).changes.length > 0) changed += 1
    const turn = pace(1)
    if (turn !== undefined) await turn
  }
  return { ids, changed }
}

/** Reads the usage counters of the licenses that an order may reuse. */
async function readCountersOfReused(
  engine: Engine,
  planSlug: string,
  externalRef: string | null,
): Promise<Counters> {
  // Most orders reuse none, and then nothing has to be read.
  if (externalRef === null) return noCounters
  const plan = await readPlan(engine, planSlug)
  const known = await readByReference(engine, plan, externalRef)
  return engine.readCounters(known.map(({ id }) => id))
}

/** Reads the licenses of a product that have this reference: the live ones and oldest first. */
async function readByReference(
  reading: Reading,
  plan: Plan | null,
  externalRef: string | null,
): Promise<readonly License[]> {
  if (plan === null || externalRef === null) return []
  const { productSlug } = plan
  const ids = await selectIds(reading, { externalRef, productSlug }, REUSED_MAX)
  const records = await readRecords(reading, ids)
  const licenses = ids.toReversed().map((id) => requireRecord(records, id).license)
  const isLive = ({ revokedAtMs }: License) => revokedAtMs === null
  return [...licenses.filter(isLive), ...licenses.filter((license) => !isLive(license))]
}

async function resolveSelection(
  reading: Reading,
  selection: LicenseSelection,
  matchesMax: number,
): Promise<readonly string[]> {
  if ('ids' in selection) {
    const ids = [...new Set(selection.ids)]
    const records = await readRecords(reading, ids)
    for (const id of ids) {
      if (!records.has(id)) {
        throw new Fault('not_found', `There is no license ${id}, so nothing was changed.`)
      }
    }
    return ids
  }
  const ids = await selectIds(reading, selection.filter, matchesMax + 1)
  if (ids.length <= matchesMax) return ids
  const { total, isComplete } = await countLicenses(reading, selection.filter)
  const count = isComplete ? total : `at least ${Math.max(total, ids.length)}`
  const detail = `The filter matches ${count} licenses; at most ${matchesMax} are changed at once. Narrow it.`
  throw new Fault('too_many_matches', detail)
}
