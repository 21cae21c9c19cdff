import type { BoundFile } from '~/domain/file-issuance.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import type { Mail, MailDecision, MailDraft, MailFilter } from '~/domain/mails.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Product } from '~/domain/products.ts'
import type { CommandContext } from './port.ts'

/** Mails to customers. Most are written with the decision that drafts them. */
export interface Mails {
  /** Newest first. */
  list(filter: MailFilter, page: PageRequest): Promise<Page<Mail>>
  find(id: string): Promise<Mail | null>
  /** Writes one mail about a license; null if there is no such license. */
  create(
    licenseId: string,
    context: CommandContext<Mail>,
    decide: (snapshot: LicenseSnapshot) => MailDraft,
  ): Promise<Mail | null>
  change(
    id: string,
    context: CommandContext<Mail>,
    decide: (mail: Mail) => MailDecision,
  ): Promise<Mail | null>
  /**
   * Claims due mails until the lease or the attempt ends, the longest due first, and addresses them
   * to the present customers. Writes nothing if nothing is due.
   */
  claim(claim: MailClaim): Promise<readonly ClaimedMail[]>
  /** Counts the mails that are pending, up to 10,000. */
  countPending(): Promise<number>
  /** Releases the claims of this process. */
  release(instanceId: string): Promise<void>
  /** Fails up to `max` mails that have been waiting since then. Returns how many. */
  giveUp(createdBeforeMs: number, reason: string, max: number): Promise<number>
  /** Deletes up to `max` mails that are not pending and were written before then. */
  deleteOld(createdBeforeMs: number, max: number): Promise<number>
}

export interface MailClaim {
  readonly instanceId: string
  readonly nowMs: number
  readonly claimedUntilMs: number
  readonly max: number
}

/** A mail with its license, as it is now. */
export interface ClaimedMail extends LicenseSnapshot {
  readonly mail: Mail
  readonly product: Product
  /** Whether a payment of its purchase is missing. */
  readonly isBehind: boolean
  /** The license file to attach, with those of its activations that are left. */
  readonly file: BoundFile | null
}
