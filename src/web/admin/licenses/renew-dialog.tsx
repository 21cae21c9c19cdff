import { useState } from 'preact/hooks'
import { api, call } from '../../shared/api.ts'
import { Dialog } from '../../shared/dialog.tsx'
import { formatDay, Time } from '../../shared/format.tsx'
import { errorAt, Form, SelectField, TextField } from '../../shared/forms.tsx'
import { fromLocalInput, toLocalInput } from '../../shared/local-times.ts'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { callAndWait, waiting } from '../edges/reach.ts'
import { type ActionDialogProps, undoWith } from './undo.ts'

const choices = [
  ['plan', 'By the duration of its plan'],
  ['days', 'By a number of days'],
  ['date', 'Until a date'],
] as const
type Choice = (typeof choices)[number][0]

export function RenewDialog({ license, reload, onClose }: ActionDialogProps) {
  const { id, expires_at: former } = license
  const [choice, setChoice] = useState<Choice>('plan')
  const [days, setDays] = useState('365')
  const [date, setDate] = useState(toLocalInput(former ?? undefined))
  const renew = useAction(async (headers) => {
    const body = toBody(choice, days, date)
    const renewing = api.licenses({ id }).renew.post(body, { headers: waiting(headers) })
    const { data: renewed, reach } = await callAndWait(renewing)
    const ifMatch = { headers: { 'if-match': `"${renewed.version}"` } }
    const restore = () => call(api.licenses({ id }).put({ expires_at: former }, ifMatch))
    const until = renewed.expires_at === null ? '' : ` until ${formatDay(renewed.expires_at)}`
    toast(`License renewed${until}.${reach}`, undoWith(restore, reload))
    reload()
    onClose()
  })
  return (
    <Dialog title="Renew license" onClose={onClose}>
      <Form
        action={renew}
        onSubmit={() => renew.run()}
        submit="Renew license"
        onCancel={onClose}
        pointers={['/days', '/expires_at']}
      >
        {former !== null && (
          <p>
            The license {Date.parse(former) > Date.now() ? 'expires' : 'expired'} on{' '}
            <Time at={former} />. Days count from then, or from now if it has expired.
          </p>
        )}
        <SelectField
          label="Renew"
          value={choice}
          onInput={(text) => setChoice(choices.find(([value]) => value === text)?.[0] ?? 'plan')}
          options={choices}
        />
        {choice === 'days' && (
          <TextField
            label="Days"
            type="number"
            value={days}
            onInput={setDays}
            error={errorAt(renew.problem, '/days')}
          />
        )}
        {choice === 'date' && (
          <TextField
            label="Expires at"
            type="datetime-local"
            value={date}
            onInput={setDate}
            hint="In your time zone."
            error={errorAt(renew.problem, '/expires_at')}
          />
        )}
      </Form>
    </Dialog>
  )
}

function toBody(choice: Choice, days: string, date: string) {
  if (choice === 'days') return { days: Number(days) }
  return choice === 'date' ? { expires_at: fromLocalInput(date) ?? date } : {}
}
