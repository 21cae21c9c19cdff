import type { Settings } from '~/wire/settings.ts'

export type Variable = Settings['variables'][number]

interface VariableGroup {
  readonly title: string
  readonly variables: readonly Variable[]
}

const groups: readonly (readonly [title: string, names: RegExp])[] = [
  [
    'Access',
    /^LICET_(?:HOST|PORT|TLS_|ALLOWED_HOSTS|TRUSTED_PROXIES|PUBLIC_URL|PAGES|ADMIN_TOKEN|PORTAL)/,
  ],
  ['Mail', /^LICET_(?:SMTP|MAIL)/],
  ['Brand', /^LICET_(?:BRAND|SUPPORT|RENEW)/],
  ['Checkout', /^LICET_(?:CHECKOUT|STRIPE|PADDLE|LEMONSQUEEZY|POLAR|STANDARD)/],
  ['Webhooks', /^LICET_WEBHOOK/],
  ['Data', /^LICET_(?:DATA|MASTER|BACKUP|HISTORY|IP_STORAGE|GEOIP|COUNTRY)/],
]

/** Returns variables in groups. Those that fit none are in the last one. */
export function groupVariables(variables: readonly Variable[]): readonly VariableGroup[] {
  const titleOf = ({ name }: Variable) =>
    groups.find(([, names]) => names.test(name))?.[0] ?? 'Other'
  return [...groups.map(([title]) => title), 'Other']
    .map((title) => ({ title, variables: variables.filter((one) => titleOf(one) === title) }))
    .filter((group) => group.variables.length > 0)
}
