import type { Static } from '@sinclair/typebox'
import type { BrandColors } from '~/domain/brand-colors.ts'
import { type PortalSignIn, portalSignIns } from '~/domain/portal-sessions.ts'
import { Type } from './type.ts'

const Brand = Type.Object(
  {
    name: Type.Nullable(Type.Described('The name of the vendor; null for none.')),
    logo_url: Type.Nullable(Type.Described('The path of the logo on this server; null for none.')),
    color: Type.Nullable(Type.Described('The color as it was configured; null for none.')),
    color_on_light: Type.Nullable(
      Type.Described(
        'The color, dark enough for text on light pages, and for white text on it (4.5:1).',
      ),
    ),
    color_on_dark: Type.Nullable(
      Type.Described(
        'The color, light enough for text on dark pages, and for dark text on it (4.5:1).',
      ),
    ),
  },
  { title: 'PortalBrand', description: 'How the vendor wants the portal to look.' },
)

export const PortalSettings = Type.Response(
  'PortalSettings',
  'What the portal offers, and how it looks. Anyone may read it.',
  {
    sign_in: ['key', 'mail'],
    brand: {
      name: 'Acme Software',
      logo_url: '/portal/assets/logo',
      color: '#0a7cff',
      color_on_light: '#096ada',
      color_on_dark: '#1e87ff',
    },
    support_url: 'https://acme.example/support',
  },
  {
    sign_in: Type.Array(Type.Literals(portalSignIns, { title: 'PortalSignIn' }), {
      description:
        'With a license `key`, or with a code that is sent by `mail`; empty if the portal is off.',
    }),
    brand: Brand,
    support_url: Type.Nullable(Type.Described('An https or mailto URL; null for none.')),
  },
)
export type PortalSettings = Static<typeof PortalSettings>

export function presentPortalSettings(settings: {
  readonly signIns: readonly PortalSignIn[]
  readonly name: string | null
  readonly logoUrl: string | null
  readonly color: string | null
  readonly colors: BrandColors | null
  readonly supportUrl: string | null
}): PortalSettings {
  const { signIns, name, logoUrl, color, colors, supportUrl } = settings
  return {
    sign_in: [...signIns],
    brand: {
      name,
      logo_url: logoUrl,
      color,
      color_on_light: colors?.onLight ?? null,
      color_on_dark: colors?.onDark ?? null,
    },
    support_url: supportUrl,
  }
}
