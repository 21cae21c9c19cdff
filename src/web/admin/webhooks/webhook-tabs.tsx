import { Tabs } from '../../shared/tabs.tsx'

/** The two views of webhooks: the endpoints, and the deliveries to all of them. */
export function WebhookTabs({ current }: { current: 'endpoints' | 'deliveries' }) {
  return (
    <Tabs
      label="Views of webhooks"
      tabs={[
        { href: '/admin/webhooks', text: 'Endpoints', isCurrent: current === 'endpoints' },
        {
          href: '/admin/webhooks/deliveries',
          text: 'Deliveries',
          isCurrent: current === 'deliveries',
        },
      ]}
    />
  )
}
