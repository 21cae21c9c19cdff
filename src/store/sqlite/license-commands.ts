import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord, LicenseSelection } from '~/domain/licenses.ts'
import { runInTurns, type Steps } from '~/turns.ts'
import type { Licenses } from '../port.ts'
import { readActivationState } from './activation-state.ts'
import { runCommand, runCommandInSteps } from './commands.ts'
import { applyDecision, applyInSteps } from './decisions.ts'
import type { Engine, Reading } from './engine.ts'
import { createNotifyExpirations } from './expirations.ts'
import {
  countLicenses,
  noCounters,
  readRecord,
  readSnapshot,
  requireRecord,
  selectIds,
} from './licenses.ts'
import { cutPage } from './pages.ts'
import { readPlan } from './plans.ts'

export function createLicenses(engine: Engine): Licenses {
  const { committed, readCounters } = engine
  return {
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
    create: (planSlug, context, decide) =>
      runCommandInSteps(engine, context, function* () {
        const plan = readPlan(engine, planSlug)
        if (plan === null) return null
        const decision = decide(plan)
        yield* applyInSteps(engine, context, decision)
        const ids = decision.changes.flatMap((change) =>
          change.type === 'license.create' ? [change.license.id] : [],
        )
        return yield* readRecords(engine, ids)
      }),
    change: async (id, query, context, decide) => {
      const counters = await readCounters([id])
      return runCommand(engine, context, () => {
        const snapshot = readSnapshot(engine, id)
        if (snapshot === null) return null
        const state = { ...snapshot, ...readActivationState(engine, snapshot, query) }
        const result = applyDecision(engine, context, decide(state), counters)
        return { ...requireRecord(engine, id, counters), result }
      })
    },
    changeMany: async (selection, matchesMax, context, decide) => {
      const counters = await readCounters(
        await runInTurns(resolveSelection(committed, selection, matchesMax)),
      )
      return runCommandInSteps(engine, context, function* () {
        const ids = yield* resolveSelection(engine, selection, matchesMax)
        for (const id of ids) {
          const decision = decide(requireRecord(engine, id, counters))
          yield* applyInSteps(engine, context, decision, counters)
        }
        return yield* readRecords(engine, ids, counters)
      })
    },
    notifyExpirations: createNotifyExpirations(engine),
  }
}

function* readRecords(
  engine: Engine,
  ids: readonly string[],
  counters = noCounters,
): Steps<LicenseRecord[]> {
  const records: LicenseRecord[] = []
  for (const id of ids) {
    records.push(requireRecord(engine, id, counters))
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
  const total = yield* countLicenses(engine, selection.filter)
  const detail = `The filter matches ${total} licenses; at most ${matchesMax} are changed at once. Narrow it.`
  throw new Fault('too_many_matches', detail)
}
