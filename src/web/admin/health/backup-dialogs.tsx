import { useState } from 'preact/hooks'
import type { Backup, Verification } from '~/wire/backups.ts'
import { api, call } from '../../shared/api.ts'
import { CopyButton } from '../../shared/copying.tsx'
import { Dialog } from '../../shared/dialog.tsx'
import { Form } from '../../shared/forms.tsx'
import { Badge, Notice } from '../../shared/states.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'

interface DialogProps {
  readonly backup: Backup
  readonly onClose: () => void
}

/** Checks a backup for damage, and shows each check. */
export function VerifyDialog({ backup, onClose }: DialogProps) {
  const [result, setResult] = useState<Verification | null>(null)
  const action = useAction(async () => {
    setResult(await call(api.backups({ name: backup.name }).verify.post({})))
  })
  return (
    <Dialog title="Verify the backup" onClose={onClose}>
      <p class="backup-name">{backup.name}</p>
      {result === null ? (
        <Form action={action} onSubmit={action.run} onCancel={onClose} submit="Verify">
          <p>This reads the whole file, and checks that it is intact and can be restored.</p>
        </Form>
      ) : (
        <Checks result={result} />
      )}
    </Dialog>
  )
}

function Checks({ result: { intact, checks } }: { result: Verification }) {
  return (
    <div class="stack" role="status">
      <Notice tone={intact ? 'good' : 'bad'}>
        {intact
          ? 'The backup is intact and can be restored.'
          : 'The backup is damaged. Do not rely on it: make another one.'}
      </Notice>
      <dl class="facts">
        {checks.map(({ name, problem }) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd>
              {problem === null ? (
                <Badge tone="good">Passed</Badge>
              ) : (
                <Badge tone="bad">Failed</Badge>
              )}{' '}
              {problem}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

/** Says how to restore a backup, for which the server has to be stopped. `dataDir` is null if unknown. */
export function RestoreDialog({
  backup,
  dataDir,
  onClose,
}: DialogProps & { readonly dataDir: string | null }) {
  const directory = dataDir ?? '$LICET_DATA_DIR'
  return (
    <Dialog title="How to restore this backup" isWide onClose={onClose}>
      <p>
        A restore brings back the state at the time of the backup. Everything after it is missing,
        such as new licenses and revocations. The database of today is kept.
      </p>
      <ol class="restore-steps">
        <li>Stop the server.</li>
        <li>
          On the machine of the server, run this with the same environment:
          <Command text={formatCommand(directory, backup.name)} />
        </li>
        <li>
          On another machine, first put <code>master.secret</code> into the data directory. Without
          it, no backup can be used.
        </li>
        <li>Start the server, and sign in with a new link:</li>
      </ol>
      <Command text="licet login" />
      {backup.sha256 !== null && (
        <dl class="facts">
          <dt>SHA-256</dt>
          <dd class="small">
            {backup.sha256} <CopyButton text={backup.sha256} what="the SHA-256" />
          </dd>
        </dl>
      )}
    </Dialog>
  )
}

function Command({ text }: { text: string }) {
  return (
    <div class="restore-command">
      <pre>{text}</pre>
      <CopyButton text={text} what="the command" />
    </div>
  )
}

export function DeleteBackupDialog({
  backup,
  onClose,
  onDone,
}: DialogProps & { readonly onDone: () => void }) {
  const action = useAction(async () => {
    await call(api.backups({ name: backup.name }).delete())
    toast('Backup deleted.')
    onDone()
    onClose()
  })
  return (
    <Dialog title="Delete this backup?" onClose={onClose}>
      <Form
        action={action}
        onSubmit={action.run}
        onCancel={onClose}
        submit="Delete backup"
        isDanger
      >
        <p class="backup-name">{backup.name}</p>
        <p>The file is deleted from the server. This cannot be undone.</p>
      </Form>
    </Dialog>
  )
}

function formatCommand(directory: string, name: string): string {
  const key = name.endsWith('.age') ? ' --identity FILE' : ''
  return `licet restore ${directory}/backups/${name}${key}`
}
