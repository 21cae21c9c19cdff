import { hasScope } from '~/domain/api-keys.ts'
import { Fault } from '~/domain/faults.ts'
import type { License, LicenseRecord } from '~/domain/licenses.ts'
import type { Vault } from '~/platform/vault.ts'
import type { License as LicenseView } from '~/wire/licenses.ts'
import { presentLicense } from '~/wire/licenses.ts'
import type { Command } from '../plugins/commands.ts'
import { revealKey } from './license-keys.ts'

/** Who may see how much of a license's key. */
export interface LicenseViews {
  /** The whole key, for the answer that created it. */
  revealed(record: LicenseRecord, nowMs: number): LicenseView
  /** The whole key for callers with `licenses:reveal`, otherwise masked. */
  seenBy(command: Pick<Command, 'actor' | 'nowMs'>, record: LicenseRecord): LicenseView
  /** `seenBy` as the view of a command's answer. */
  answering(command: Command): (record: LicenseRecord) => LicenseView
}

export function createLicenseViews(vault: Vault): LicenseViews {
  const revealed: LicenseViews['revealed'] = (record, nowMs) =>
    presentLicense(record, revealKey(vault, record.license), nowMs)

  const seenBy: LicenseViews['seenBy'] = ({ actor, nowMs }, record) =>
    hasScope(actor, 'licenses:reveal')
      ? revealed(record, nowMs)
      : presentLicense(record, record.license.keyMasked, nowMs)

  return { revealed, seenBy, answering: (command) => (record) => seenBy(command, record) }
}

/** Throws `precondition_failed` when `If-Match` names another version (RFC 9110, §13.1.1). */
export function requireVersion(ifMatch: string | undefined, { version }: License): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const tags = ifMatch.split(',').map((tag) => tag.trim())
  if (tags.includes(`"${version}"`)) return
  throw new Fault(
    'precondition_failed',
    `The license is at version ${version} by now. Read it again, then repeat your change.`,
  )
}
