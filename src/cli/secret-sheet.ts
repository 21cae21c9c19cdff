import { formatFingerprint } from '~/store/shared/secret-check.ts'

interface Sheet {
  readonly check: string
  /** In base64; null to leave a line for it. */
  readonly secret: string | null
  /** Where the data is. */
  readonly place: string
  readonly isDirectory: boolean
}

/** Returns the recovery sheet: what must be kept, and how to recover from nothing. */
export function formatSheet({ check, secret, place, isDirectory }: Sheet): string {
  const backup = isDirectory
    ? 'A backup: a file created by licet backup.'
    : 'A backup of the database: a dump, or the archive for recovery to a point in time.'
  return `RECOVERY SHEET OF LICET
Data:         ${place}
Fingerprint:  ${formatFingerprint(check)}
Secret:       ${secret ?? '________________________________________________ (not printed)'}

Keep in a safe place, apart from the backups:
  1. This sheet.
  2. The master secret: 32 bytes in base64. Without it, no backup can be used. With it and a backup,
     anyone can read all license keys and sign as you do.
Keep elsewhere:
  3. ${backup}

To recover from nothing:
  1. Install Licet.
  2. Write the master secret to a file that only Licet's user can read:
       ${isDirectory ? 'master.secret in an empty data directory (chmod 600)' : 'any file, and set LICET_MASTER_SECRET_FILE to its path'}
${
  isDirectory
    ? '  3. licet secret check BACKUP    says whether this secret belongs to the backup.\n  4. licet restore BACKUP'
    : '  3. Restore the database with the tools of PostgreSQL.\n  4. licet secret check           says whether this secret belongs to the database.'
}
  5. licet serve

A rotation makes this sheet outdated: print it again. Keep the former one for as long as you keep backups
from before the rotation.`
}
