import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { usePortalSettings } from './brand.tsx'

let hasNavigated = false

/** A page of the portal. After navigation, its title gets the focus. */
export function PortalPage({ title, children }: { title: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { brand } = usePortalSettings()
  useEffect(() => {
    document.title = brand.name === null ? title : `${title} · ${brand.name}`
  }, [title, brand.name])
  useEffect(() => {
    if (hasNavigated) heading.current?.focus({ preventScroll: true })
    hasNavigated = true
  }, [])
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </>
  )
}
