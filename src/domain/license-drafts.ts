import { type Change, type Decision, joinWrites, type Writes } from './decisions.ts'
import type { License, LicenseKey, LicenseSnapshot } from './licenses.ts'
import type { Plan } from './plans.ts'

/** A license on which several decisions are made in a row, each on the outcome of the one before. */
export interface LicenseDraft {
  readonly before: LicenseSnapshot
  /** Returns the license as it is after the decisions so far. */
  readonly get: () => LicenseSnapshot
  /** Makes a decision. Returns whether it changes anything. */
  readonly decide: (
    decide: (snapshot: LicenseSnapshot) => Decision<null>,
    nextPlan?: Plan,
  ) => boolean
  readonly listWrites: () => Writes
}

/** Begins with a license, and with the writes that create it, if it is new. */
export function createLicenseDraft(
  before: LicenseSnapshot,
  creation: readonly Writes[] = [],
): LicenseDraft {
  let snapshot = before
  const writes = [...creation]
  return {
    before,
    get: () => snapshot,
    decide: (decide, nextPlan = snapshot.plan) => {
      const decision = decide(snapshot)
      writes.push(decision)
      const license = decision.changes.reduce(applyToLicense, snapshot.license)
      snapshot = { license, plan: nextPlan }
      return decision.changes.length > 0
    },
    listWrites: () => joinWrites(writes),
  }
}

function applyToLicense(license: License, change: Change): License {
  if (change.type === 'license.update') return { ...license, ...change.set }
  if (change.type !== 'license.rekey') return license
  const key: LicenseKey = change.key
  return { ...license, ...key }
}
