import type { Delivery, Webhook } from '~/wire/webhooks.ts'
import { Badge } from '../../shared/states.tsx'

export function EndpointBadge({ endpoint }: { endpoint: Webhook }) {
  const { enabled, disabled_reason: reason, failing_since: failing } = endpoint
  if (reason !== null) return <Badge tone="bad">Disabled</Badge>
  if (!enabled) return <Badge>Paused</Badge>
  return failing === null ? <Badge tone="good">Enabled</Badge> : <Badge tone="warn">Failing</Badge>
}

export function DeliveryBadge({ delivery }: { delivery: Pick<Delivery, 'status' | 'tries'> }) {
  const { status, tries } = delivery
  if (status === 'delivered') return <Badge tone="good">Delivered</Badge>
  if (status === 'failed') return <Badge tone="bad">Failed</Badge>
  return tries === 0 ? <Badge>Pending</Badge> : <Badge tone="warn">Retrying</Badge>
}

/** Returns the host and path of a URL, which is what tells endpoints apart. */
export function shortenUrl(url: string): string {
  return url.replace(/^https?:\/\//, '')
}
