import type { ComponentChildren } from 'preact'
import { usePortalSettings } from './brand.tsx'
import { LanguageChoice, useTexts } from './language.tsx'
import { usePortalSession } from './session.tsx'

/** The frame of every page: the vendor's name or logo, help, the language and signing out. */
export function Frame({ children }: { children: ComponentChildren }) {
  const texts = useTexts()
  const { brand, support_url: supportUrl } = usePortalSettings()
  const { state, signOut } = usePortalSession()
  return (
    <div class="portal">
      <header class="portal-top">
        <a class="product-name" href="/portal">
          {brand.logo_url !== null ? (
            <img class="logo" src={brand.logo_url} alt={brand.name ?? texts.title} />
          ) : (
            (brand.name ?? texts.title)
          )}
        </a>
        <nav class="row">
          {supportUrl !== null && <a href={supportUrl}>{texts.support}</a>}
          {typeof state === 'object' && (
            <button type="button" class="quiet tight" onClick={signOut}>
              {texts.signOut}
            </button>
          )}
        </nav>
      </header>
      <main class="portal-main stack">{children}</main>
      <footer class="portal-end">
        <LanguageChoice />
      </footer>
    </div>
  )
}
