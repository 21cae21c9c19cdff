import { type AuditChange, describeChange } from '~/domain/audit-values.ts'
import type { Change } from '~/domain/decisions.ts'
import type { License, LicenseRecord } from '~/domain/licenses.ts'
import { touch } from '../shared/touched.ts'
import { type Origin, recordAction } from './commands.ts'
import type { Engine } from './engine.ts'

/**
 * Returns a function that records a change of a decision before it is written. `readBefore` returns
 * a license as it was before the decision.
 */
export function createChangeRecorder(
  engine: Engine,
  origin: Origin,
  readBefore: (id: string) => Pick<LicenseRecord, 'license'>,
) {
  const current = new Map<string, License>()
  const update =
    (licenseId: string): Update =>
    (set) => {
      const before = current.get(licenseId) ?? readBefore(licenseId).license
      const after = { ...before, ...set }
      current.set(licenseId, after)
      return { before, after }
    }
  return (change: Change, licenseId: string): void => {
    // The event log has the changes by apps, which are most of all.
    const described = origin.actor.kind === 'app' ? null : describe(change, update(licenseId))
    if (described === null) touch(engine.touched, change.type, licenseId)
    else recordAction(engine, origin, change.type, licenseId, described)
  }
}

type Update = (set: Partial<License>) => { readonly before: License; readonly after: License }

/** Returns the values of a change to record; null for one that only serves the program. */
function describe(change: Change, update: Update): AuditChange | null {
  switch (change.type) {
    case 'license.create':
      return describeChange('license', null, change.license)
    case 'license.update': {
      const { before, after } = update(change.set)
      return describeChange('license', before, after)
    }
    case 'license.rekey': {
      const { before, after } = update(change.key)
      // A key that is imported again may look the same.
      return describeChange('license', before, after) ?? noValues
    }
    case 'activation.create':
      return describeChange('activation', null, change.activation)
    case 'activation.delete':
      return describeChange('activation', change.activation, null)
    case 'seat.create':
      return describeChange('seat', null, change.seat)
    case 'seat.delete':
      return describeChange('seat', change.seat, null)
    case 'file.create':
      return describeChange('file', null, change.file)
    case 'file.return':
      return describeChange('file', change.file, { ...change.file, returnedAtMs: change.atMs })
    case 'seat.update':
    case 'activation.see':
    case 'deactivation.count':
      return null
  }
}

const noValues: AuditChange = { before: null, after: null, personal: null }
