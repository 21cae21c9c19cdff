import { useState } from 'preact/hooks'
import { ErrorBoundary, LocationProvider, Route, Router, useLocation } from 'preact-iso'
import { Page } from '../shared/page.tsx'
import { isSoundPath } from '../shared/paths.ts'
import { Toasts } from '../shared/toasts.tsx'
import { routes } from './routes.tsx'
import { SessionGate } from './session.tsx'
import { Shell } from './shell.tsx'

/** The dashboard. Links below /admin change the page without a request; all others are followed. */
export function App() {
  return (
    <LocationProvider scope={/^\/admin(?:\/|\?|$)/}>
      <SessionGate>
        <Shell>
          <Pages />
        </Shell>
      </SessionGate>
      <Toasts />
    </LocationProvider>
  )
}

function Pages() {
  const [isLoading, setLoading] = useState(false)
  if (!isSoundPath(useLocation().path)) return <NotFound />
  return (
    <>
      {isLoading && <div class="page-loading" role="status" aria-label="Loading…" />}
      <ErrorBoundary>
        <Router onLoadStart={() => setLoading(true)} onLoadEnd={() => setLoading(false)}>
          {routes.map(({ path, component }) => (
            <Route key={path} path={path} component={component} />
          ))}
          <Route default component={NotFound} />
        </Router>
      </ErrorBoundary>
    </>
  )
}

function NotFound() {
  return (
    <Page title="Page not found">
      <p>
        There is no page at this address. <a href="/admin">Go to the overview</a>.
      </p>
    </Page>
  )
}
