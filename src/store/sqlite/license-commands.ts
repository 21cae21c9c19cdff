import { Fault } from '~/domain/faults.ts'
import type { LicenseSelection } from '~/domain/licenses.ts'
import type { Licenses } from '../port.ts'
import { readActivationState } from './activation-state.ts'
import { runCommand } from './commands.ts'
import { applyDecision } from './decisions.ts'
import type { Engine } from './engine.ts'
import { createNotifyExpirations } from './expirations.ts'
import { countLicenses, readRecord, readSnapshot, requireRecord, selectIds } from './licenses.ts'
import { cutPage } from './pages.ts'
import { readPlan } from './plans.ts'

export function createLicenses(engine: Engine): Licenses {
  const { readCounters } = engine
  return {
    find: async (id) => readRecord(engine, id, await readCounters([id])),
    list: async (filter, { limit, after }) => {
      const ids = selectIds(engine, filter, limit + 1, after)
      const counters = await readCounters(ids.slice(0, limit))
      return cutPage(
        ids,
        limit,
        (id) => id,
        (id) => requireRecord(engine, id, counters),
      )
    },
    create: (planSlug, context, decide) =>
      runCommand(engine, context, () => {
        const plan = readPlan(engine, planSlug)
        if (plan === null) return null
        const decision = decide(plan)
        applyDecision(engine, context, decision)
        return decision.changes.flatMap((change) =>
          change.type === 'license.create' ? [requireRecord(engine, change.license.id)] : [],
        )
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
      const counters = await readCounters(resolveSelection(engine, selection, matchesMax))
      return runCommand(engine, context, () => {
        const ids = resolveSelection(engine, selection, matchesMax)
        for (const id of ids) {
          const decision = decide(requireRecord(engine, id, counters))
          applyDecision(engine, context, decision, counters)
        }
        return ids.map((id) => requireRecord(engine, id, counters))
      })
    },
    notifyExpirations: createNotifyExpirations(engine),
  }
}

function resolveSelection(engine: Engine, selection: LicenseSelection, matchesMax: number) {
  if ('ids' in selection) {
    const missing = selection.ids.find((id) => readSnapshot(engine, id) === null)
    if (missing === undefined) return [...new Set(selection.ids)]
    throw new Fault('not_found', `There is no license ${missing}, so nothing was changed.`)
  }
  const ids = selectIds(engine, selection.filter, matchesMax + 1)
  if (ids.length <= matchesMax) return ids
  const detail = `The filter matches ${countLicenses(engine, selection.filter)} licenses; at most ${matchesMax} are changed at once. Narrow it.`
  throw new Fault('too_many_matches', detail)
}
