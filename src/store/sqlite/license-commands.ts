import { assert } from '~/assert.ts'
import type { ActivationState } from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord, LicenseSelection } from '~/domain/licenses.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import type { Counters } from './licenses.ts'

type LicenseMethods = Pick<
  FlatStore,
  | 'createLicenses'
  | 'changeLicense'
  | 'changeLicenses'
  | 'findLicense'
  | 'listLicenses'
  | 'findLicenseByKey'
  | 'findActivationState'
>

const noCounters: Counters = new Map()

export function licenseMethods(engine: Engine): LicenseMethods {
  const { activations, catalog, command, lastSeen, licenses, readCounters } = engine

  return {
    createLicenses: (planSlug, context, decide) =>
      command(context, () => {
        const plan = catalog.readPlan(planSlug)
        if (plan === null) return null
        const decision = decide(plan)
        return { decision, answer: () => readAll(createdIds(decision), noCounters) }
      }),
    changeLicense: async (id, query, context, decide) => {
      const counters = await readCounters([id])
      const find = () => {
        const snapshot = licenses.readSnapshot(id)
        if (snapshot === null) return null
        // No newcomer may take the slot of an activation that was just seen.
        lastSeen.writeLicense(id)
        const decision = decide({
          ...snapshot,
          ...activations.readActivationState(snapshot, query),
        })
        return { decision, answer: () => ({ ...readOne(id, counters), result: decision.result }) }
      }
      return command(context, find, counters)
    },
    changeLicenses: async (selection, matchesMax, context, decide) => {
      const counters = await readCounters(select(selection, matchesMax))
      const find = () => {
        const ids = select(selection, matchesMax)
        const decision = mergeDecisions(ids.map((id) => decide(readOne(id, counters))))
        return { decision, answer: () => readAll(ids, counters) }
      }
      return (await command(context, find, counters)) ?? []
    },
    findLicense: async (id) => licenses.readRecord(id, await readCounters([id])),
    listLicenses: async (filter, page) => {
      const { data: ids, nextAfter } = licenses.readPage(filter, page)
      return { data: readAll(ids, await readCounters(ids)), nextAfter }
    },
    findLicenseByKey: async (keyHash, nowMs) => licenses.readByKey(keyHash, nowMs),
    findActivationState: async (snapshot, query): Promise<ActivationState> =>
      activations.readActivationState(snapshot, query),
  }

  function select(selection: LicenseSelection, matchesMax: number): readonly string[] {
    if ('ids' in selection) {
      const missing = selection.ids.find((id) => licenses.readSnapshot(id) === null)
      if (missing === undefined) return [...new Set(selection.ids)]
      throw new Fault('not_found', `There is no license ${missing}, so nothing was changed.`)
    }
    const ids = licenses.readIds(selection.filter, matchesMax + 1)
    if (ids.length <= matchesMax) return ids
    throw new Fault(
      'too_many_matches',
      `The filter matches ${licenses.count(selection.filter)} licenses; at most ${matchesMax} are changed at once. Narrow it.`,
    )
  }

  function readOne(id: string, counters: Counters): LicenseRecord {
    const record = licenses.readRecord(id, counters)
    assert(record !== null, `license ${id} exists`)
    return record
  }

  function readAll(ids: readonly string[], counters: Counters): readonly LicenseRecord[] {
    return ids.map((id) => readOne(id, counters))
  }
}

function createdIds({ changes }: Decision<unknown>): string[] {
  return changes.flatMap((change) => (change.type === 'license.create' ? [change.license.id] : []))
}

export function mergeDecisions(decisions: readonly Decision<unknown>[]): Decision<null> {
  return {
    result: null,
    changes: decisions.flatMap(({ changes }) => changes),
    events: decisions.flatMap(({ events }) => events),
  }
}
