import { Page } from './page.tsx'
import { Notice } from './states.tsx'

/** In the place of a page whose code could not be loaded. */
export function LostPage() {
  return (
    <Page title="Page not loaded">
      <Notice tone="bad">
        <p>The code of this page could not be loaded. Check your connection, then load it again.</p>
      </Notice>
      <div>
        <button type="button" onClick={() => location.reload()}>
          Load again
        </button>
      </div>
    </Page>
  )
}
