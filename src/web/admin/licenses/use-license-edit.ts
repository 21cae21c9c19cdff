import { useState } from 'preact/hooks'
import type { UpdateLicenseBody } from '~/wire/license-requests.ts'
import type { License } from '~/wire/licenses.ts'
import { api, call, toProblem } from '../../shared/api.ts'
import { toast } from '../../shared/toasts.tsx'
import { type Action, useAction } from '../../shared/use-action.ts'
import { nameActor } from '../audit/actors.ts'
import { callAndWait, waiting } from '../edges/reach.ts'
import { useCan } from '../session.tsx'

/** The changes that somebody else has made while the form was open. */
export interface Conflict {
  readonly current: License
  /** The newest change by somebody; null if the person may not see who it was. */
  readonly by: { readonly name: string; readonly at: string } | null
  /** The fields that differ now from what the form began with. */
  readonly differing: readonly Difference[]
}

export interface Difference {
  readonly name: string
  readonly before: unknown
  readonly now: unknown
}

export interface LicenseEdit {
  readonly save: Action<[UpdateLicenseBody]>
  readonly conflict: Conflict | null
  /** The license that the form begins with. */
  readonly base: License
  /** Begins the form again, with the license as it is now. */
  readonly startOver: () => void
}

/**
 * Saves changes to a license only if it is still at the version that the person has seen. If not, there is
 * a conflict, and saving again overwrites the fields that the person has changed.
 */
export function useLicenseEdit(license: License, onSaved: () => void): LicenseEdit {
  const can = useCan()
  const [base, setBase] = useState(license)
  const [conflict, setConflict] = useState<Conflict | null>(null)

  const save = useAction(async (_headers, changes: UpdateLicenseBody) => {
    const { version } = conflict?.current ?? base
    const headers = waiting({ 'if-match': `"${version}"` })
    try {
      if (Object.keys(changes).length > 0) {
        const changing = api.licenses({ id: license.id }).put(changes, { headers })
        const { reach } = await callAndWait(changing)
        toast(`License changed.${reach}`)
      }
    } catch (error) {
      if (toProblem(error).status !== 412) throw error
      setConflict(await findConflict(base, can('audit:read')))
      return
    }
    onSaved()
  })

  const startOver = () => {
    if (conflict !== null) setBase(conflict.current)
    setConflict(null)
    save.clear()
  }
  return { save, conflict, base, startOver }
}

async function findConflict(base: License, canAudit: boolean): Promise<Conflict> {
  const { id } = base
  const [current, entries] = await Promise.all([
    call(api.licenses({ id }).get()),
    canAudit
      ? call(api.audit.get({ query: { subject_id: id, action: 'license.*', limit: '20' } }))
      : null,
  ])
  // Revealing a key changes nothing.
  const newest = entries?.data.find(({ action }) => action !== 'license.reveal')
  return {
    current,
    by: newest === undefined ? null : { name: nameActor(newest.actor), at: newest.at },
    differing: listDifferences(base, current),
  }
}

/** They change with every edit, or by themselves. */
const silent: ReadonlySet<string> = new Set([
  'version',
  'updated_at',
  'last_validated_at',
  'validation_count',
])

/** Lists the fields of a license that differ. */
export function listDifferences(before: License, now: License): Difference[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)])
  const [was, is] = [new Map(Object.entries(before)), new Map(Object.entries(now))]
  return [...names]
    .filter((name) => !silent.has(name) && !isSame(was.get(name), is.get(name)))
    .map((name) => ({ name, before: was.get(name), now: is.get(name) }))
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
