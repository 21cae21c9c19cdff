import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Dialog } from '../shared/dialog.tsx'
import { Icon } from '../shared/icons.tsx'
import { Logo } from './logo.tsx'
import { Navigation } from './navigation.tsx'
import { SearchBox } from './search/search-box.tsx'
import { useSession } from './session.tsx'

/** The frame of every page: navigation, search, and who is signed in. */
export function Shell({ children }: { children: ComponentChildren }) {
  const [isMenuOpen, setMenuOpen] = useState(false)
  const { url } = useLocation()
  useEffect(() => setMenuOpen(false), [url])

  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <aside class="side" aria-label="Dashboard">
        <a class="product-name" href="/admin">
          <Logo /> Licet
        </a>
        <Navigation />
      </aside>
      <header class="top">
        <button
          type="button"
          class="quiet open-menu"
          aria-label="Menu"
          onClick={() => setMenuOpen(true)}
        >
          <Icon name="menu" />
        </button>
        <SearchBox />
        <Person />
      </header>
      <main id="main" class="main">
        {children}
      </main>
      {isMenuOpen && (
        <Dialog title="Menu" class="side-dialog" onClose={() => setMenuOpen(false)}>
          <Navigation />
        </Dialog>
      )}
    </div>
  )
}

function Person() {
  const { session, signOut } = useSession()
  const name = session.operator?.name ?? session.api_key?.name ?? ''
  return (
    <div class="person row">
      <span class="muted small person-name">{name}</span>
      <button
        type="button"
        class="quiet tight"
        aria-label="Sign out"
        title="Sign out"
        onClick={signOut}
      >
        <Icon name="out" />
      </button>
    </div>
  )
}
