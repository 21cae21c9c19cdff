import type { LicenseCounts } from '~/domain/overview.ts'

/** Counts of all that is stored, which indexes give within milliseconds. */
export interface Overview {
  /** Counts every license by its status at this time, and those that expire soon up to a limit. */
  countLicenses(nowMs: number): Promise<LicenseCounts>
  /** Counts the mails that have failed, up to 10,000. */
  countFailedMails(): Promise<number>
}
