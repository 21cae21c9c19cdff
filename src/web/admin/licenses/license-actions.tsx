import { useState } from 'preact/hooks'
import type { License } from '~/wire/licenses.ts'
import { api, call } from '../../shared/api.ts'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { callAndWait, waiting } from '../edges/reach.ts'
import { useCan } from '../session.tsx'
import { RenewDialog } from './renew-dialog.tsx'
import { RevokeDialog } from './revoke-dialog.tsx'
import { RotateDialog } from './rotate-dialog.tsx'
import { SuspendDialog } from './suspend-dialog.tsx'
import { undoWith } from './undo.ts'

const dialogs = {
  renew: RenewDialog,
  suspend: SuspendDialog,
  rotate: RotateDialog,
  revoke: RevokeDialog,
}

interface ActionsProps {
  readonly license: License
  readonly reload: () => void
}

/** The actions on the license as a whole, by its status. A revoked license has none. */
export function LicenseActions({ license, reload }: ActionsProps) {
  const can = useCan()
  const [open, setOpen] = useState<keyof typeof dialogs | null>(null)
  if (!can('licenses:write') || license.status === 'revoked') return null
  const Dialog = open === null ? null : dialogs[open]
  return (
    <>
      {license.expires_at !== null && (
        <button type="button" class="plain" onClick={() => setOpen('renew')}>
          Renew
        </button>
      )}
      {license.suspended_at === null ? (
        <button type="button" class="plain" onClick={() => setOpen('suspend')}>
          Suspend
        </button>
      ) : (
        <Reinstate license={license} reload={reload} />
      )}
      <button type="button" class="plain" onClick={() => setOpen('rotate')}>
        Rotate key
      </button>
      <button type="button" class="plain danger" onClick={() => setOpen('revoke')}>
        Revoke
      </button>
      {Dialog !== null && (
        <Dialog license={license} reload={reload} onClose={() => setOpen(null)} />
      )}
    </>
  )
}

/** An operator's suspension can come back as it was; one of a shop belongs to its payment. */
function Reinstate({ license, reload }: ActionsProps) {
  const { id, suspension_reason: reason, suspension_cause: cause } = license
  const reinstate = useAction(async (headers) => {
    const reinstating = api.licenses({ id }).reinstate.post({}, { headers: waiting(headers) })
    const { reach } = await callAndWait(reinstating)
    const suspend = () => call(api.licenses({ id }).suspend.post({ reason }))
    const undo = cause === 'operator' ? undoWith(suspend, reload) : undefined
    toast(`License reinstated.${reach}`, undo)
    reload()
  })
  const run = async () => {
    if (!(await reinstate.run())) reload()
  }
  return (
    <>
      <button type="button" aria-busy={reinstate.isBusy} onClick={run}>
        Reinstate
      </button>
      {reinstate.problem !== null && (
        <span class="small error-text" role="alert">
          {reinstate.problem.message}
        </span>
      )}
    </>
  )
}
