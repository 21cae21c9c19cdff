import type { License } from '~/wire/licenses.ts'
import { toProblem } from '../../shared/api.ts'
import { toast } from '../../shared/toasts.tsx'

/** The props of the dialog of every action. */
export interface ActionDialogProps {
  readonly license: License
  readonly reload: () => void
  readonly onClose: () => void
}

/** Returns what the Undo of a toast does: the inverse action. A toast says if it has failed. */
export function undoWith(act: () => Promise<unknown>, reload: () => void): () => void {
  return () => {
    act().then(reload, (error) => toast(`This could not be undone. ${toProblem(error).message}`))
  }
}
