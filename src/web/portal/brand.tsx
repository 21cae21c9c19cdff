import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect } from 'preact/hooks'
import type { PortalSettings } from '~/wire/portal-settings.ts'
import { api, call } from '../shared/api.ts'
import { useLoad } from '../shared/use-load.ts'
import { PortalProblem } from './problems.tsx'

const BrandContext = createContext<PortalSettings | null>(null)

/** Loads how the portal looks and what it offers, and applies the vendor's color. */
export function BrandProvider({ children }: { children: ComponentChildren }) {
  const { data, problem, reload } = useLoad('settings', () => call(api.portal.settings.get()))
  useEffect(() => {
    if (data !== null) applyColors(data.brand)
  }, [data])
  if (problem !== null) {
    return (
      <main class="sign-in">
        <PortalProblem problem={problem} retry={reload} />
      </main>
    )
  }
  if (data === null) return null
  return <BrandContext.Provider value={data}>{children}</BrandContext.Provider>
}

/** Returns the settings of the portal. */
export function usePortalSettings(): PortalSettings {
  const settings = useContext(BrandContext)
  if (settings === null) throw new Error('This component belongs inside of BrandProvider.')
  return settings
}

/** The server has computed both colors so that text on them and in them is readable. */
function applyColors({
  color_on_light: light,
  color_on_dark: dark,
}: PortalSettings['brand']): void {
  if (light === null || dark === null) return
  const { style } = document.documentElement
  const strong = (color: string, towards: string) => `color-mix(in srgb, ${color} 85%, ${towards})`
  style.setProperty('--accent', `light-dark(${light}, ${dark})`)
  style.setProperty(
    '--accent-strong',
    `light-dark(${strong(light, 'black')}, ${strong(dark, 'white')})`,
  )
  style.setProperty(
    '--accent-soft',
    `light-dark(color-mix(in srgb, ${light} 8%, white), color-mix(in srgb, ${dark} 18%, #13171f))`,
  )
  style.setProperty('--on-accent', 'light-dark(#ffffff, #13171f)')
}
