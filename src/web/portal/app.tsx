import { LocationProvider, Route, Router, useLocation } from 'preact-iso'
import { isSoundPath } from '../shared/paths.ts'
import { Toasts } from '../shared/toasts.tsx'
import { BrandProvider } from './brand.tsx'
import { Frame } from './frame.tsx'
import { LanguageProvider, useTexts } from './language.tsx'
import { LicensePage } from './license.tsx'
import { LicensesPage } from './licenses.tsx'
import { OfflinePage } from './offline.tsx'
import { PortalPage } from './page.tsx'
import { SessionProvider } from './session.tsx'
import { ThanksPage } from './thanks.tsx'

/** The portal, in which customers look after their licenses. */
export function App() {
  return (
    <LocationProvider scope={/^\/portal(?:\/|\?|$)/}>
      <LanguageProvider>
        <BrandProvider>
          <SessionProvider>
            <Frame>
              <Pages />
            </Frame>
          </SessionProvider>
        </BrandProvider>
      </LanguageProvider>
      <Toasts />
    </LocationProvider>
  )
}

function Pages() {
  if (!isSoundPath(useLocation().path)) return <NoPage />
  return (
    <Router>
      <Route path="/portal" component={LicensesPage} />
      <Route path="/portal/licenses/:id" component={LicensePage} />
      <Route path="/portal/offline" component={OfflinePage} />
      <Route path="/portal/thanks/:provider/:session" component={ThanksPage} />
      <Route default component={NoPage} />
    </Router>
  )
}

function NoPage() {
  const texts = useTexts()
  return (
    <PortalPage title={texts.noPage}>
      <p>
        <a href="/portal">{texts.title}</a>
      </p>
    </PortalPage>
  )
}
