import type { LicenseRecord } from '~/domain/licenses.ts'
import { noUsage } from '~/domain/usage.ts'
import { aLicenseState, type LicenseScene } from '../../support/samples.ts'

/** A license of a table test, as the store returns it. */
export function aRecord(scene: LicenseScene = {}): LicenseRecord {
  const { license, plan } = aLicenseState(scene)
  return { license, plan, domains: [], usage: noUsage, purchase: null }
}
