import type { ComponentChildren } from 'preact'
import { useTitle } from '../shared/use-title.ts'
import { usePortalSettings } from './brand.tsx'

/** A page of the portal. After navigation, its title gets the focus. */
export function PortalPage({ title, children }: { title: string; children: ComponentChildren }) {
  const { brand } = usePortalSettings()
  const heading = useTitle(brand.name === null ? title : `${title} · ${brand.name}`)
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </>
  )
}
