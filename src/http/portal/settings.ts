import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { computeBrandColors } from '~/domain/brand-colors.ts'
import { LOGO_PATH } from '~/domain/logos.ts'
import { PortalSettings, presentPortalSettings } from '~/wire/portal-settings.ts'
import { problems } from '~/wire/problems.ts'
import { openOptions } from '../plugins/route-options.ts'

/** The settings that the pages of the portal need before anyone has signed in. */
export const portalSettingsRoutes = ({ config }: Pick<Deps, 'config'>) => {
  const { portal: signIns, brand, supportUrl } = config
  const settings = presentPortalSettings({
    signIns,
    name: brand.name,
    logoUrl: brand.logo?.kind === 'file' ? LOGO_PATH : null,
    color: brand.color,
    colors: brand.color === null ? null : computeBrandColors(brand.color),
    supportUrl,
  })

  return new Elysia({ tags: ['Portal'] }).macro(openOptions).get('/settings', () => settings, {
    // Pages for which nobody signs in, such as the one after a purchase, also work without the portal.
    credential: 'public',
    operationId: 'getPortalSettings',
    response: { 200: PortalSettings, ...problems(429) },
    summary: 'Get the ways to sign in to the portal, and how it looks',
    description:
      'If the portal is turned off, `sign_in` is empty. Pages of any origin may call this.',
  })
}
