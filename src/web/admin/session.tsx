import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useRef, useState } from 'preact/hooks'
import { hasScope, type Scope } from '~/domain/api-keys.ts'
import type { Session } from '~/wire/sessions.ts'
import { api, call, onSessionEnd, type Problem, toProblem } from '../shared/api.ts'
import { ProblemNotice } from '../shared/states.tsx'
import { hasSetupLink, SignIn } from './sign-in.tsx'

interface SessionValue {
  readonly session: Session
  readonly signOut: () => Promise<void>
}

const SessionContext = createContext<SessionValue | null>(null)

/** Returns the session of the person who is signed in. */
export function useSession(): SessionValue {
  const value = useContext(SessionContext)
  if (value === null) throw new Error('This component belongs inside of SessionGate.')
  return value
}

/** Returns a function that says whether the person may do what a scope allows. */
export function useCan(): (scope: Scope) => boolean {
  const { session } = useSession()
  return (scope) => hasScope(session, scope)
}

type State = 'loading' | 'signed out' | Session

/** People who wait for somebody to sign in again. */
let waiting: (() => void)[] = []

/**
 * Shows the sign-in page until somebody has signed in. If the session ends later, what is on screen is
 * hidden, not lost: after signing in again, the request that failed is sent once more. It is lost if
 * the one who signs in lacks a scope of the one before.
 */
export function SessionGate({ children }: { children: ComponentChildren }) {
  const [state, setState] = useState<State>('loading')
  const [problem, setProblem] = useState<Problem | null>(null)
  const [hasEnded, setEnded] = useState(false)

  useEffect(() => {
    onSessionEnd(() => {
      setEnded(true)
      return new Promise<void>((resolve) => waiting.push(resolve))
    })
    call(api.session.get()).then(
      ({ session }) => setState(session === null || hasSetupLink() ? 'signed out' : session),
      (error) => setProblem(toProblem(error)),
    )
  }, [])

  if (problem !== null) {
    return (
      <main class="sign-in">
        <ProblemNotice problem={problem} retry={() => location.reload()} />
      </main>
    )
  }
  if (state === 'loading') return <p class="only-read">Loading…</p>

  const begin = (session: Session) => {
    if (state !== 'signed out' && !state.scopes.every((scope) => hasScope(session, scope))) {
      location.reload()
      return
    }
    setState(session)
    setEnded(false)
    for (const resume of waiting) resume()
    waiting = []
  }
  if (state === 'signed out') return <SignIn onSignedIn={begin} />

  const signOut = async () => {
    await call(api.session.delete())
    location.assign('/admin')
  }
  return (
    <SessionContext.Provider value={{ session: state, signOut }}>
      {hasEnded && <SignInAgain onSignedIn={begin} />}
      <div hidden={hasEnded}>{children}</div>
    </SessionContext.Provider>
  )
}

/** A dialog as large as the window: one that was open when the session ended blocks all below it. */
function SignInAgain({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const element = useRef<HTMLDialogElement>(null)
  const open = () => element.current?.showModal()
  useEffect(() => {
    open()
    return () => element.current?.close()
  }, [])
  return (
    <dialog
      ref={element}
      class="whole"
      aria-label="Sign in again"
      onCancel={(event) => event.preventDefault()}
      // Browsers close it when Esc is pressed twice.
      onClose={open}
    >
      <SignIn hasEnded onSignedIn={onSignedIn} />
    </dialog>
  )
}
