import type { LicenseFile } from '~/domain/license-files.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Revocation } from '~/domain/revocations.ts'
import type { SigningKey, SigningKeyDecision } from '~/domain/signing-keys.ts'
import type { CommandContext } from './port.ts'

export interface SigningKeys {
  /** Lists all keys, oldest first. There are few. */
  list(): Promise<readonly SigningKey[]>
  /** Writes the keys of a decision, new ones as well, and an audit row; nothing for null. */
  change(
    context: CommandContext<readonly SigningKey[]>,
    decide: (keys: readonly SigningKey[]) => SigningKeyDecision | null,
  ): Promise<readonly SigningKey[]>
}

/**
 * The revocation feed. Its entries are written with the decisions whose events they follow from.
 *
 * Numbers only increase, also after old entries were deleted. A new entry has at least the number of the
 * current time in ms. So it is also higher than the entries that are lost when an older backup is
 * restored, and an app that has read those still gets all later ones. It keeps the lost entries, which
 * void no token that is issued after the restore.
 */
export interface Revocations {
  /** Lists up to `max` entries whose number is higher than `after`, lowest first. */
  list(after: number, max: number): Promise<readonly Revocation[]>
  /** Returns the highest number that the feed has ever had; 0 if it never had an entry. */
  findPosition(): Promise<number>
}

/** License files are written by the changes `file.create` and `file.return` of decisions. */
export interface LicenseFiles {
  /** Newest first. */
  list(licenseId: string, page: PageRequest): Promise<Page<LicenseFile>>
  /** Finds the file of a license with this hash of its return code. */
  findByReturn(licenseId: string, returnHash: string): Promise<LicenseFile | null>
}
