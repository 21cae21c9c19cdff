import type { Decision } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import type {
  License,
  LicenseRecord,
  LicenseSelection,
  LicenseSnapshot,
} from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { runInTurns, type Steps } from '~/turns.ts'
import type { BulkPreview, Changed, LicenseStep, Licenses } from '../port.ts'
import { cutPage } from '../shared/pages.ts'
import { readActivationState } from './activation-state.ts'
import { type Origin, runCommand, runCommandInSteps } from './commands.ts'
import { applyDecision, applyInSteps } from './decisions.ts'
import type { Engine, Reading } from './engine.ts'
import { createNotifyExpirations } from './expirations.ts'
import { countLicenses, selectIds } from './license-lists.ts'
import { searchIds } from './license-search.ts'
import { type Counters, noCounters, readRecord, readSnapshot, requireRecord } from './licenses.ts'
import { readPlan } from './plans.ts'

/** As many as one request can create. */
const REUSED_MAX = 1000

export function createLicenses(engine: Engine): Licenses {
  const { committed, readCounters } = engine
  return {
    hasAny: async () => committed.db.$client.query('SELECT 1 FROM licenses').get() !== null,
    find: async (id) => readRecord(committed, id, await readCounters([id])),
    list: async (filter, { limit, after }) => {
      const ids = await runInTurns(selectIds(committed, filter, limit + 1, after))
      const counters = await readCounters(ids.slice(0, limit))
      return cutPage(
        ids,
        limit,
        (id) => id,
        (id) => requireRecord(committed, id, counters),
      )
    },
    search: async (query, max) => {
      const { reasons, hasMore } = await runInTurns(searchIds(committed, query, max))
      const counters = await readCounters([...reasons.keys()])
      const matches = [...reasons].map(([id, why]) => ({
        record: requireRecord(committed, id, counters),
        why,
      }))
      return { matches, hasMore }
    },
    create: async ({ planSlug, externalRef = null }, context, decide) => {
      const counters = await readCountersOfReused(engine, planSlug, externalRef)
      return runCommandInSteps(engine, context, function* () {
        const plan = readPlan(engine, planSlug)
        if (plan === null) return null
        const existing = yield* readByReference(engine, plan, externalRef)
        const decision = decide({ plan, existing })
        const { result: ids, readAfter } = yield* applyInSteps(engine, context, decision, counters)
        const isNew = decision.changes.length > 0
        const records = yield* readEach(ids, readAfter)
        return records.map((record) => ({ ...record, isNew }))
      })
    },
    change: async (id, query, context, decide) => {
      const counters = await readCounters([id])
      return runCommand(engine, context, () => {
        const snapshot = readSnapshot(engine, id)
        if (snapshot === null) return null
        const state = { ...snapshot, ...readActivationState(engine, snapshot, query) }
        const { result, readAfter } = applyDecision(engine, context, decide(state), counters)
        return { ...readAfter(id), result }
      })
    },
    changeInOrder: async (id, steps, context, finish) => {
      const sequence = { id, steps, finish, counters: await readCounters([id]) }
      return runCommand(engine, context, () => decideInOrder(engine, context, sequence))
    },
    changeMany: async (selection, matchesMax, context, decide) => {
      const counters = await readCounters(
        await runInTurns(resolveSelection(committed, selection, matchesMax)),
      )
      return runCommandInSteps(engine, context, function* () {
        const ids = yield* resolveSelection(engine, selection, matchesMax)
        const records: LicenseRecord[] = []
        for (const id of ids) {
          const decision = decide(requireRecord(engine, id, counters))
          const { readAfter } = yield* applyInSteps(engine, context, decision, counters)
          records.push(readAfter(id))
        }
        return records
      })
    },
    previewMany: (...preview) => runInTurns(previewMany(committed, ...preview)),
    notifyExpirations: createNotifyExpirations(engine),
  }
}

function* previewMany(
  reading: Reading,
  selection: LicenseSelection,
  matchesMax: number,
  decide: (snapshot: LicenseSnapshot) => Decision<unknown>,
): Steps<BulkPreview> {
  const ids = yield* resolveSelection(reading, selection, matchesMax)
  let changed = 0
  for (const id of ids) {
    if (decide(requireRecord(reading, id)).changes.length > 0) changed += 1
    yield
  }
  return { ids, changed }
}

interface Sequence<Step, Result> {
  readonly id: string
  readonly steps: readonly LicenseStep<Step>[]
  readonly finish: (state: LicenseSnapshot, results: readonly Step[]) => Decision<Result>
  readonly counters: Counters
}

function decideInOrder<Step, Result>(
  engine: Engine,
  origin: Origin,
  { id, steps, finish, counters }: Sequence<Step, Result>,
): Changed<Result> | null {
  const first = readSnapshot(engine, id)
  if (first === null) return null
  let snapshot = first
  const results = steps.map(({ query, decide }) => {
    const state = { ...snapshot, ...readActivationState(engine, snapshot, query) }
    const { result, readAfter } = applyDecision(engine, origin, decide(state), counters)
    const { license, plan } = readAfter(id)
    snapshot = { license, plan }
    return result
  })
  const { result, readAfter } = applyDecision(engine, origin, finish(snapshot, results), counters)
  return { ...readAfter(id), result }
}

/** Reads the usage counters of the licenses that an order may reuse. */
async function readCountersOfReused(
  { committed, readCounters }: Engine,
  planSlug: string,
  externalRef: string | null,
): Promise<Counters> {
  // Most orders reuse none, and then nothing has to be read.
  if (externalRef === null) return noCounters
  const plan = readPlan(committed, planSlug)
  const known = await runInTurns(readByReference(committed, plan, externalRef))
  return readCounters(known.map(({ id }) => id))
}

/** Reads the licenses of a product that have this reference: the live ones and oldest first. */
function* readByReference(
  engine: Reading,
  plan: Plan | null,
  externalRef: string | null,
): Steps<readonly License[]> {
  if (plan === null || externalRef === null) return []
  const ids = yield* selectIds(engine, { externalRef }, REUSED_MAX)
  const records = yield* readEach(ids.toReversed(), (id) => requireRecord(engine, id))
  const licenses = records
    .map(({ license }) => license)
    .filter(({ productSlug }) => productSlug === plan.productSlug)
  const isLive = ({ revokedAtMs }: License) => revokedAtMs === null
  return [...licenses.filter(isLive), ...licenses.filter((license) => !isLive(license))]
}

function* readEach(
  ids: readonly string[],
  read: (id: string) => LicenseRecord,
): Steps<LicenseRecord[]> {
  const records: LicenseRecord[] = []
  for (const id of ids) {
    records.push(read(id))
    yield
  }
  return records
}

function* resolveSelection(
  engine: Reading,
  selection: LicenseSelection,
  matchesMax: number,
): Steps<string[]> {
  if ('ids' in selection) {
    const ids = [...new Set(selection.ids)]
    for (const id of ids) {
      if (readSnapshot(engine, id) === null) {
        throw new Fault('not_found', `There is no license ${id}, so nothing was changed.`)
      }
      yield
    }
    return ids
  }
  const ids = yield* selectIds(engine, selection.filter, matchesMax + 1)
  if (ids.length <= matchesMax) return ids
  const { total, isComplete } = yield* countLicenses(engine, selection.filter)
  const count = isComplete ? total : `at least ${Math.max(total, ids.length)}`
  const detail = `The filter matches ${count} licenses; at most ${matchesMax} are changed at once. Narrow it.`
  throw new Fault('too_many_matches', detail)
}
