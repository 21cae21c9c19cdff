import { useLocation } from 'preact-iso'
import type { Scope } from '~/domain/api-keys.ts'
import { Icon, type IconName } from '../shared/icons.tsx'
import { useCan } from './session.tsx'

interface Entry {
  readonly path: string
  readonly text: string
  readonly icon: IconName
  readonly scope: Scope
}

const groups: readonly { readonly title: string; readonly entries: readonly Entry[] }[] = [
  {
    title: 'Business',
    entries: [
      { path: '/admin', text: 'Overview', icon: 'overview', scope: 'licenses:read' },
      { path: '/admin/licenses', text: 'Licenses', icon: 'licenses', scope: 'licenses:read' },
      { path: '/admin/customers', text: 'Customers', icon: 'customers', scope: 'licenses:read' },
      { path: '/admin/plans', text: 'Plans', icon: 'plans', scope: 'plans:read' },
      { path: '/admin/usage', text: 'Usage', icon: 'usage', scope: 'usage:read' },
    ],
  },
  {
    title: 'Connections',
    entries: [
      { path: '/admin/checkout', text: 'Checkout', icon: 'checkout', scope: 'checkout:read' },
      { path: '/admin/mails', text: 'Emails', icon: 'mails', scope: 'checkout:read' },
      { path: '/admin/webhooks', text: 'Webhooks', icon: 'webhooks', scope: 'webhooks:read' },
      { path: '/admin/keys', text: 'API keys', icon: 'keys', scope: 'keys:read' },
      { path: '/admin/edges', text: 'Edges', icon: 'edges', scope: 'edges:read' },
    ],
  },
  {
    title: 'Server',
    entries: [
      { path: '/admin/operators', text: 'Operators', icon: 'operators', scope: 'operators:read' },
      { path: '/admin/events', text: 'Events', icon: 'events', scope: 'events:read' },
      { path: '/admin/audit', text: 'Audit', icon: 'audit', scope: 'audit:read' },
      { path: '/admin/health', text: 'Health', icon: 'health', scope: 'jobs:read' },
      { path: '/admin/settings', text: 'Settings', icon: 'settings', scope: 'settings:read' },
    ],
  },
]

/** The pages that the person may open, in groups. */
export function Navigation() {
  const { path } = useLocation()
  const can = useCan()
  const isCurrent = (entry: Entry) =>
    entry.path === '/admin' ? /^\/admin\/?$/.test(path) : path.startsWith(entry.path)

  return (
    <nav class="nav" aria-label="Pages">
      {groups.map(({ title, entries }) => {
        const open = entries.filter(({ scope }) => can(scope))
        if (open.length === 0) return null
        return (
          <div key={title}>
            <h2>{title}</h2>
            <ul>
              {open.map((entry) => (
                <li key={entry.path}>
                  <a href={entry.path} aria-current={isCurrent(entry) ? 'page' : undefined}>
                    <Icon name={entry.icon} />
                    {entry.text}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        )
      })}
    </nav>
  )
}
