import { useState } from 'preact/hooks'
import type { TestMail as Result } from '~/wire/mail-tests.ts'
import { api, call } from '../../shared/api.ts'
import { errorAt, Form, TextField } from '../../shared/forms.tsx'
import { Notice } from '../../shared/states.tsx'
import { useAction } from '../../shared/use-action.ts'

/** Sends an email, to check the mail settings. */
export function TestMail() {
  const [to, setTo] = useState('')
  const [result, setResult] = useState<(Result & { readonly to: string }) | null>(null)
  const action = useAction(async (headers) => {
    setResult(null)
    const address = to.trim()
    const sent = await call(api.mails.test.post({ to: address }, { headers }))
    setResult({ ...sent, to: address })
  })
  return (
    <section class="part" aria-labelledby="test-mail">
      <div class="card-title">
        <div>
          <h2 id="test-mail">Test email</h2>
          <span class="muted small">Checks that the mail server accepts what Licet sends.</span>
        </div>
      </div>
      <div class="test-mail">
        <Form
          action={action}
          onSubmit={action.run}
          submit="Send test email"
          isSecondary
          pointers={['/to']}
        >
          <TextField
            label="Send it to"
            type="email"
            autocomplete="email"
            value={to}
            onInput={setTo}
            error={errorAt(action.problem, '/to')}
          />
          {result !== null && <Outcome result={result} />}
        </Form>
      </div>
    </section>
  )
}

function Outcome({ result }: { result: Result & { readonly to: string } }) {
  const isSent = result.state === 'sent'
  return (
    <div role="status">
      <Notice tone={isSent ? 'good' : 'bad'}>
        {isSent
          ? `The mail server has accepted the email to ${result.to}.`
          : `The email was not sent: ${result.reason}`}
        <p class="small muted">{result.message_id}</p>
      </Notice>
    </div>
  )
}
