import type { ComponentChildren } from 'preact'
import { Dialog } from './dialog.tsx'
import { Form } from './forms.tsx'
import type { Action } from './use-action.ts'

interface ConfirmProps {
  readonly title: string
  /** The verb on the button, such as "Delete endpoint". */
  readonly submit: string
  readonly isDanger?: boolean
  readonly action: Pick<Action<never>, 'problem' | 'isBusy'>
  readonly onConfirm: () => void
  readonly onClose: () => void
  /** Says what happens, and whether it can be undone. */
  readonly children: ComponentChildren
}

/** A dialog that asks before something is done. Shows the problem if it cannot be done. */
export function Confirm({ title, submit, isDanger = false, action, ...rest }: ConfirmProps) {
  const { onConfirm, onClose, children } = rest
  return (
    <Dialog title={title} onClose={onClose}>
      <Form
        action={action}
        onSubmit={onConfirm}
        submit={submit}
        isDanger={isDanger}
        onCancel={onClose}
      >
        {children}
      </Form>
    </Dialog>
  )
}
