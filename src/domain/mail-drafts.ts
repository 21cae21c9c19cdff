/** A mail to write about a license, in the transaction that gives the reason for it. */
export interface MailDraft {
  readonly kind: 'key' | 'past_due'
  readonly licenseId: string
}
