import type { Scope } from '~/domain/api-keys.ts'

interface ScopeGroup {
  readonly title: string
  readonly scopes: readonly (readonly [scope: Scope, text: string])[]
}

const texts: Readonly<Record<Scope, string>> = {
  'licenses:read': 'See licenses',
  'licenses:write': 'Create and change licenses',
  'licenses:reveal': 'See full license keys',
  'customers:erase': 'Erase the data of customers',
  'plans:read': 'See plans and products',
  'plans:write': 'Create and change plans and products',
  'usage:read': 'See validations and usage',
  'events:read': 'See events',
  'webhooks:read': 'See webhooks and deliveries',
  'webhooks:write': 'Change webhooks, retry deliveries',
  'checkout:read': 'See checkout events and emails',
  'checkout:write': 'Change rules, replay events, send emails',
  'keys:read': 'See API keys',
  'keys:write': 'Create and revoke API keys',
  'operators:read': 'See operators',
  'operators:write': 'Create and change operators',
  'sessions:read': 'See sessions',
  'sessions:write': 'End sessions',
  'audit:read': 'See the audit',
  'metrics:read': 'Read metrics',
  'settings:read': 'See settings',
  'jobs:read': 'See jobs',
  'jobs:run': 'Run jobs',
  'backups:read': 'See backups',
  'backups:write': 'Make and verify backups',
  'backups:download': 'Download backups',
  'edges:read': 'See edges',
  'edges:write': 'Create and revoke edges',
}

const group = (title: string, ...scopes: readonly Scope[]): ScopeGroup => ({
  title,
  scopes: scopes.map((scope) => [scope, texts[scope]] as const),
})

/** All scopes in groups, each with what it allows. */
export const scopeGroups: readonly ScopeGroup[] = [
  group('Licenses', 'licenses:read', 'licenses:write', 'licenses:reveal', 'customers:erase'),
  group('Plans and usage', 'plans:read', 'plans:write', 'usage:read', 'events:read'),
  group('Connections', 'webhooks:read', 'webhooks:write', 'checkout:read', 'checkout:write'),
  group('API keys', 'keys:read', 'keys:write'),
  group('People', 'operators:read', 'operators:write', 'sessions:read', 'sessions:write'),
  group('Server', 'audit:read', 'settings:read', 'metrics:read', 'jobs:read', 'jobs:run'),
  group('Edges', 'edges:read', 'edges:write'),
  group('Backups', 'backups:read', 'backups:write', 'backups:download'),
]

/** Describes scopes in a few words, such as `Everything` or `licenses:read and 2 more`. */
export function summarizeScopes(scopes: readonly string[]): string {
  if (scopes.includes('*')) return 'Everything'
  const [first = 'None', second, ...rest] = scopes
  if (second === undefined) return first
  return rest.length === 0 ? `${first}, ${second}` : `${first} and ${rest.length + 1} more`
}
