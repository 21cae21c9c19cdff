import { useEffect, useState } from 'preact/hooks'
import type { Session } from '~/wire/sessions.ts'
import { api, call, Problem } from '../shared/api.ts'
import { errorAt, Form, TextField } from '../shared/forms.tsx'
import { Notice } from '../shared/states.tsx'
import { useAction } from '../shared/use-action.ts'
import { Logo } from './logo.tsx'

interface SignInProps {
  readonly onSignedIn: (session: Session) => void
  /** Whether somebody was signed in until now. */
  readonly hasEnded?: boolean
}

const SETUP_LINK = /^#setup=([\w-]+)$/

/** Whether a setup link was opened, which signs in even if somebody is signed in already. */
export const hasSetupLink = (): boolean => SETUP_LINK.test(location.hash)

/** The token of the setup link that was opened. It is in the fragment, which browsers never send. */
function takeSetupToken(): string | null {
  const token = SETUP_LINK.exec(location.hash)?.[1] ?? null
  if (token !== null) history.replaceState(null, '', location.pathname + location.search)
  return token
}

/** The page on which people sign in: with a setup link or with an API key. */
export function SignIn({ onSignedIn, hasEnded = false }: SignInProps) {
  const [setup] = useState(takeSetupToken)
  const [isLinkBad, setLinkBad] = useState(false)
  useEffect(() => {
    document.title = 'Sign in · Licet'
  }, [])

  return (
    <div class="sign-in">
      <main class="card stack">
        <div class="row">
          <Logo />
          <h1>{hasEnded ? 'Sign in again' : 'Sign in to Licet'}</h1>
        </div>
        {hasEnded && <p class="muted">Your session has ended. What you entered is still here.</p>}
        {isPlainHttp() && (
          <Notice tone="warn">
            This connection is not encrypted. Anyone on the network can read what you enter.
          </Notice>
        )}
        {setup !== null && !isLinkBad ? (
          <SetupForm setup={setup} onSignedIn={onSignedIn} onLinkBad={() => setLinkBad(true)} />
        ) : (
          <KeyForm onSignedIn={onSignedIn} isLinkBad={isLinkBad} />
        )}
      </main>
    </div>
  )
}

interface SetupProps extends Pick<SignInProps, 'onSignedIn'> {
  readonly setup: string
  readonly onLinkBad: () => void
}

function SetupForm({ setup, onSignedIn, onLinkBad }: SetupProps) {
  const [name, setName] = useState('')
  const action = useAction(async () => {
    try {
      onSignedIn(await signIn(name.trim() === '' ? { setup } : { setup, name: name.trim() }))
    } catch (error) {
      if (error instanceof Problem && error.status === 401) onLinkBad()
      else throw error
    }
  })
  return (
    <Form action={action} onSubmit={action.run} submit="Sign in" pointers={['/name']}>
      <TextField
        label="Your name"
        hint="The audit shows it beside everything that you change. Leave it empty if the link was created for you."
        value={name}
        onInput={setName}
        autocomplete="name"
        error={errorAt(action.problem, '/name')}
      />
    </Form>
  )
}

function KeyForm({ onSignedIn, isLinkBad }: SignInProps & { readonly isLinkBad: boolean }) {
  const [token, setToken] = useState('')
  const action = useAction(async () => onSignedIn(await signIn({ token: token.trim() })))
  return (
    <>
      {isLinkBad && (
        <Notice tone="bad">
          This link has been used or has expired. Print a new one with <code>licet login</code>.
        </Notice>
      )}
      <Form action={action} onSubmit={action.run} submit="Sign in" pointers={['/token']}>
        <TextField
          label="API key"
          hint={
            <>
              Or run <code>licet login</code> on the server, and open the link that it prints.
            </>
          }
          type="password"
          value={token}
          onInput={setToken}
          autocomplete="off"
          placeholder="licet_…"
          isMono
          error={errorAt(action.problem, '/token')}
        />
      </Form>
    </>
  )
}

async function signIn(body: {
  readonly token?: string
  readonly setup?: string
  readonly name?: string
}): Promise<Session> {
  const { session } = await call(api.session.post(body))
  if (session === null) throw new Problem(0, { detail: 'The server has begun no session.' })
  return session
}

function isPlainHttp(): boolean {
  return location.protocol === 'http:' && !/^(?:localhost|127\.|\[::1\])/.test(location.hostname)
}
