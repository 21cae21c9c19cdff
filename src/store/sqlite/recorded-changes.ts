import type { Change } from '~/domain/decisions.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { createChangeDescriber } from '../shared/recorded-changes.ts'
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
  const describe = createChangeDescriber(readBefore)
  return (change: Change, licenseId: string): void => {
    // The event log has the changes by apps, which are most of all.
    const described = origin.actor.kind === 'app' ? null : describe(change, licenseId)
    if (described === null) touch(engine.touched, change.type, licenseId)
    else recordAction(engine, origin, change.type, licenseId, described)
  }
}
