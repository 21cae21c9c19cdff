import { assert } from '~/assert.ts'
import type { ActivationState } from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord, LicenseSelection } from '~/domain/licenses.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'

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

export function licenseMethods(engine: Engine): LicenseMethods {
  const { activations, catalog, command, licenses } = engine

  return {
    createLicenses: (planSlug, context, decide) =>
      command(context, () => {
        const plan = catalog.readPlan(planSlug)
        if (plan === null) return null
        const decision = decide(plan)
        return { decision, answer: () => readAll(createdIds(decision)) }
      }),
    changeLicense: (id, query, context, decide) =>
      command(context, () => {
        const snapshot = licenses.readSnapshot(id)
        if (snapshot === null) return null
        const decision = decide({
          ...snapshot,
          ...activations.readActivationState(snapshot, query),
        })
        return { decision, answer: () => ({ ...readOne(id), result: decision.result }) }
      }),
    changeLicenses: async (selection, matchesMax, context, decide) => {
      const changed = await command(context, () => {
        const ids = select(selection, matchesMax)
        const decision = mergeDecisions(ids.map((id) => decide(readOne(id))))
        return { decision, answer: () => readAll(ids) }
      })
      return changed ?? []
    },
    findLicense: async (id) => licenses.readRecord(id),
    listLicenses: async (filter, page) => licenses.readPage(filter, page),
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

  function readOne(id: string): LicenseRecord {
    const record = licenses.readRecord(id)
    assert(record !== null, `license ${id} exists`)
    return record
  }

  function readAll(ids: readonly string[]): readonly LicenseRecord[] {
    return ids.map(readOne)
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
