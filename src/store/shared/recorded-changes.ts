import { type AuditChange, describeChange } from '~/domain/audit-values.ts'
import type { Change } from '~/domain/decisions.ts'
import type { License, LicenseRecord } from '~/domain/licenses.ts'

/**
 * Returns a function that returns the values of a change to record; null for one that only serves the
 * program. `readBefore` returns a license as it was before the decision.
 */
export function createChangeDescriber(
  readBefore: (id: string) => Pick<LicenseRecord, 'license'>,
): (change: Change, licenseId: string) => AuditChange | null {
  const current = new Map<string, License>()
  const update =
    (licenseId: string): Update =>
    (set) => {
      const before = current.get(licenseId) ?? readBefore(licenseId).license
      const after = { ...before, ...set }
      current.set(licenseId, after)
      return { before, after }
    }
  return (change, licenseId) => describe(change, update(licenseId))
}

type Update = (set: Partial<License>) => { readonly before: License; readonly after: License }

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
