import { useState } from 'preact/hooks'
import type { Backup } from '~/wire/backups.ts'
import { api, call } from '../../shared/api.ts'
import { Empty, Loading, Notice, ProblemNotice } from '../../shared/states.tsx'
import { Pager } from '../../shared/table.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { pickFilters, useFilters } from '../../shared/use-filters.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { DeleteBackupDialog, RestoreDialog, VerifyDialog } from './backup-dialogs.tsx'
import { type BackupAct, BackupTable } from './backup-table.tsx'

const EVERY_MS = 15_000

interface BackupsProps {
  /** The data directory; null if the person may not see it. */
  readonly dataDir: string | null
  /** Called when there is a backup more or less. */
  readonly onChanged: () => void
}

/** The backups in the data directory. */
export function Backups({ dataDir, onChanged }: BackupsProps) {
  const { values, set } = useFilters()
  const can = useCan()
  const query = pickFilters(values, ['cursor'])
  const loaded = useLoad(`backups ${query.cursor}`, () => call(api.backups.get({ query })), {
    everyMs: EVERY_MS,
  })
  const [open, setOpen] = useState<{ act: BackupAct; backup: Backup } | null>(null)
  const close = () => setOpen(null)
  const changed = () => {
    loaded.reload()
    onChanged()
  }

  return (
    <section class="part" aria-labelledby="backups">
      <div class="card-title">
        <div>
          <h2 id="backups">Backups</h2>
          <span class="muted small">
            They are on the disk of the database, so keep copies elsewhere, and the master secret
            apart from them.
          </span>
        </div>
        {can('backups:write') && <BackUp onDone={changed} />}
      </div>
      <div class="stack">
        <Loading loaded={loaded} lines={9}>
          {(page) =>
            page.data.length === 0 ? (
              <div class="table-frame">
                <Empty title="No backups yet">
                  <p>A backup takes a few seconds, and nothing has to be stopped for it.</p>
                </Empty>
              </div>
            ) : (
              <>
                <BackupTable
                  backups={page.data}
                  onAct={(act, backup) => setOpen({ act, backup })}
                />
                <Pager
                  nextCursor={page.next_cursor}
                  hasCursor={query.cursor !== undefined}
                  onCursor={(cursor) => set({ cursor })}
                />
              </>
            )
          }
        </Loading>
      </div>
      {open?.act === 'restore' && (
        <RestoreDialog backup={open.backup} dataDir={dataDir} onClose={close} />
      )}
      {open?.act === 'verify' && <VerifyDialog backup={open.backup} onClose={close} />}
      {open?.act === 'delete' && (
        <DeleteBackupDialog backup={open.backup} onClose={close} onDone={changed} />
      )}
    </section>
  )
}

/** Makes a backup. Large databases take a while. */
function BackUp({ onDone }: { onDone: () => void }) {
  const [warning, setWarning] = useState<string | null>(null)
  const action = useAction(async (headers) => {
    setWarning(null)
    const backup = await call(api.backups.post({}, { headers }))
    setWarning(backup.warning)
    toast('Backup made and checked.')
    onDone()
  })
  return (
    <>
      <button
        type="button"
        aria-busy={action.isBusy}
        disabled={action.isBusy}
        onClick={() => action.run()}
      >
        {action.isBusy ? 'Making a backup…' : 'Make a backup'}
      </button>
      <ProblemNotice problem={action.problem} />
      {warning !== null && <Notice tone="warn">{warning}</Notice>}
    </>
  )
}
