import { useEffect, useRef, useState } from 'preact/hooks'
import { api, call, Problem } from '../shared/api.ts'
import { TextField } from '../shared/forms.tsx'
import { Notice } from '../shared/states.tsx'
import { useAction } from '../shared/use-action.ts'
import { usePortalSettings } from './brand.tsx'
import { useTexts } from './language.tsx'
import { PortalPage } from './page.tsx'
import { PortalProblem } from './problems.tsx'
import { usePortalSession } from './session.tsx'

type Way = 'mail' | 'key'

/** The code of the link in the email. It is in the fragment, which browsers never send. */
function takeCode(): string | null {
  const code = /^#code=(\d+)$/.exec(location.hash)?.[1] ?? null
  if (code !== null) history.replaceState(null, '', location.pathname)
  return code
}

/** The page on which customers sign in: with a code that they get by email, or with a license key. */
export function SignIn({ hasEnded }: { hasEnded: boolean }) {
  const texts = useTexts()
  const { sign_in: ways } = usePortalSettings()
  const [linkCode] = useState(takeCode)
  const [way, setWay] = useState<Way>(ways.includes('mail') ? 'mail' : 'key')
  const [sentTo, setSentTo] = useState<string | null>(null)

  if (ways.length === 0) {
    return <PortalPage title={texts.signIn.title}>{texts.signIn.off}</PortalPage>
  }
  const isCodeShown = way === 'mail' && (sentTo !== null || linkCode !== null)
  return (
    <PortalPage title={isCodeShown ? texts.signIn.codeTitle : texts.signIn.title}>
      {hasEnded && <Notice tone="warn">{texts.signIn.ended}</Notice>}
      <div class="card stack">
        {isCodeShown && (
          <CodeForm email={sentTo} linkCode={linkCode ?? ''} onBack={() => setSentTo(null)} />
        )}
        {way === 'mail' && sentTo === null && <MailForm onSent={setSentTo} />}
        {way === 'key' && <KeyForm />}
      </div>
      {ways.length > 1 && (
        <button type="button" class="quiet" onClick={() => setWay(way === 'mail' ? 'key' : 'mail')}>
          {way === 'mail' ? texts.signIn.byKey : texts.signIn.byMail}
        </button>
      )}
    </PortalPage>
  )
}

function MailForm({ onSent }: { onSent: (email: string) => void }) {
  const texts = useTexts()
  const [email, setEmail] = useState('')
  const send = useAction(async () => {
    await call(api.portal.codes.post({ email: email.trim() }))
    onSent(email.trim())
  })
  return (
    <form class="form" onSubmit={submit(send.run)}>
      <PortalProblem problem={send.problem} />
      <TextField
        label={texts.signIn.email}
        hint={texts.signIn.mailHint}
        type="email"
        value={email}
        onInput={setEmail}
        autocomplete="email"
        isRequired
      />
      <button type="submit" disabled={send.isBusy} aria-busy={send.isBusy}>
        {texts.signIn.sendCode}
      </button>
    </form>
  )
}

interface CodeProps {
  /** The address to which a code was just sent; null if the visitor came with the link. */
  readonly email: string | null
  readonly linkCode: string
  readonly onBack: () => void
}

function CodeForm({ email, linkCode, onBack }: CodeProps) {
  const texts = useTexts()
  const { begin } = usePortalSession()
  const [code, setCode] = useState(linkCode)
  const enter = useAction(async () => {
    const { session } = await call(api.portal.session.post({ code }))
    if (session === null) throw new Problem(0, {})
    begin(session)
  })
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector('input')?.focus(), [])
  return (
    <form ref={form} class="form" onSubmit={submit(enter.run)}>
      <p>{email === null ? texts.signIn.otherBrowser : texts.signIn.codeSent(email)}</p>
      <PortalProblem problem={enter.problem} said={{ 401: texts.problems.codeWrong }} />
      <TextField
        label={texts.signIn.code}
        value={code}
        onInput={setCode}
        autocomplete="one-time-code"
        inputMode="numeric"
        isMono
        isRequired
      />
      <button type="submit" disabled={enter.isBusy} aria-busy={enter.isBusy}>
        {texts.signIn.open}
      </button>
      {email !== null && (
        <button type="button" class="quiet" onClick={onBack}>
          {texts.signIn.another}
        </button>
      )}
    </form>
  )
}

function KeyForm() {
  const texts = useTexts()
  const { begin } = usePortalSession()
  const [key, setKey] = useState('')
  const enter = useAction(async () => {
    const { session } = await call(api.portal.session.post({ key: key.trim() }))
    if (session === null) throw new Problem(0, {})
    begin(session)
  })
  return (
    <form class="form" onSubmit={submit(enter.run)}>
      <PortalProblem problem={enter.problem} said={{ 401: texts.problems.keyUnknown }} />
      <TextField
        label={texts.signIn.key}
        hint={texts.signIn.keyHint}
        value={key}
        onInput={setKey}
        isMono
        isRequired
      />
      <button type="submit" disabled={enter.isBusy} aria-busy={enter.isBusy}>
        {texts.signIn.open}
      </button>
    </form>
  )
}

const submit = (run: () => void) => (event: Event) => {
  event.preventDefault()
  run()
}
