import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { PortalSession } from '~/wire/portal-sessions.ts'
import { api, call, onSessionEnd, Problem } from '../shared/api.ts'

type State = 'loading' | 'signed out' | 'ended' | PortalSession

interface SessionValue {
  readonly state: State
  readonly begin: (session: PortalSession) => void
  readonly signOut: () => Promise<void>
}

const SessionContext = createContext<SessionValue | null>(null)

/** Finds out who is signed in. */
export function SessionProvider({ children }: { children: ComponentChildren }) {
  const [state, setState] = useState<State>('loading')
  useEffect(() => {
    onSessionEnd(() => {
      setState('ended')
      return Promise.reject(new Problem(401, {}))
    })
    // Also without the server, some pages work: so a failure is that of the first request.
    call(api.portal.session.get()).then(
      ({ session }) => setState(session ?? 'signed out'),
      () => setState('signed out'),
    )
  }, [])
  const signOut = async () => {
    await call(api.portal.session.delete())
    location.assign('/portal')
  }
  return (
    <SessionContext.Provider value={{ state, begin: setState, signOut }}>
      {children}
    </SessionContext.Provider>
  )
}

/** Returns who is signed in, and how to change that. */
export function usePortalSession(): SessionValue {
  const value = useContext(SessionContext)
  if (value === null) throw new Error('This component belongs inside of SessionProvider.')
  return value
}
