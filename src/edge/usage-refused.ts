import type { Journal, StoredPlace } from './usage-journal.ts'

export type Refused = ReturnType<typeof createRefused>

interface Parts {
  readonly journal: Pick<Journal, 'listRefused' | 'deleteRefused'>
  readonly onError: (error: unknown) => void
}

/** The batches that cannot be delivered, oldest first. Their files are kept for the operator. */
export function createRefused({ journal, onError }: Parts) {
  let files = list()
  let hasDeleted = false

  function list(): readonly StoredPlace[] {
    try {
      return journal.listRefused()
    } catch (error) {
      onError(error)
      return []
    }
  }

  const countBytes = () => files.reduce((sum, { bytes }) => sum + bytes, 0)

  return {
    add: (file: StoredPlace): void => {
      files = [...files, file]
    },
    countBytes,
    /** Deletes the oldest until the others take no more than this. Reports it the first time. */
    async reduce(bytesMax: number): Promise<void> {
      while (countBytes() > Math.max(0, bytesMax)) {
        const [oldest, ...others] = files
        if (oldest === undefined) return
        files = others
        await journal.deleteRefused(oldest).catch(onError)
        if (!hasDeleted) onError(new Error(deleted))
        hasDeleted = true
      }
    },
  }
}

const deleted =
  'Batches of usage that cannot be delivered fill LICET_DATA_DIR, so the oldest of these files are deleted.'
