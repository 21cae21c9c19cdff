import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { Webhook, WebhookWithSecret } from '~/wire/webhooks.ts'
import { api, call } from '../../shared/api.ts'
import { Time } from '../../shared/format.tsx'
import { Page } from '../../shared/page.tsx'
import { Loading, Notice } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { EndpointBadge, shortenUrl } from './badges.tsx'
import { EndpointActions, EndpointSecret } from './endpoint-actions.tsx'
import { EndpointDeliveries } from './endpoint-deliveries.tsx'
import { SecretNotice } from './secret-notice.tsx'

const EVERY_MS = 10_000

export function EndpointPage() {
  const id = useRoute().params.id ?? ''
  return <EndpointView key={id} id={id} />
}

function EndpointView({ id }: { id: string }) {
  const endpoint = useLoad(`webhook ${id}`, () => call(api.webhooks({ id }).get()), {
    everyMs: EVERY_MS,
  })
  const [rotated, setRotated] = useState<WebhookWithSecret | null>(null)
  const { data, reload } = endpoint
  const title = data === null ? 'Endpoint' : shortenUrl(data.url)
  const actions = data !== null && <EndpointActions endpoint={data} onChanged={reload} />

  return (
    <Page title={title} note={<a href="/admin/webhooks">All endpoints</a>} actions={actions}>
      {rotated !== null && (
        <SecretNotice title="New secret" secret={rotated.secret} onDone={() => setRotated(null)}>
          <p>
            For 24 hours, each delivery has two signatures: one with the new secret and one with the
            old. Your server accepts either until you have replaced the secret there.
          </p>
        </SecretNotice>
      )}
      <Loading loaded={endpoint} lines={6}>
        {(loaded) => (
          <>
            <Trouble endpoint={loaded} />
            <Facts endpoint={loaded} onRotated={setRotated} />
            <EndpointDeliveries endpoint={loaded} />
          </>
        )}
      </Loading>
    </Page>
  )
}

/** Says why an endpoint gets nothing, and what to do. */
function Trouble({ endpoint }: { endpoint: Webhook }) {
  const { enabled, disabled_reason: reason, failing_since: failing } = endpoint
  if (reason !== null) {
    const why = reason === 'gone' ? 'it responded with 410 Gone' : 'it failed for five days'
    return (
      <Notice tone="bad">
        <p>
          Licet has disabled this endpoint because {why}. Repair your server, enable the endpoint,
          then recover what it has missed.
        </p>
      </Notice>
    )
  }
  if (!enabled) {
    return (
      <Notice>
        <p>This endpoint is paused. Its deliveries wait, and are sent once you resume it.</p>
      </Notice>
    )
  }
  if (failing === null) return null
  return (
    <Notice tone="warn">
      <p>
        Deliveries have failed since <Time at={failing} />. The last attempts below show why. After
        five days of failures, Licet disables the endpoint.
      </p>
    </Notice>
  )
}

interface FactsProps {
  readonly endpoint: Webhook
  readonly onRotated: (rotated: WebhookWithSecret) => void
}

function Facts({ endpoint, onRotated }: FactsProps) {
  const { url, events, description } = endpoint
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <EndpointBadge endpoint={endpoint} />
      </dd>
      <dt>URL</dt>
      <dd>{url}</dd>
      {description !== null && (
        <>
          <dt>Description</dt>
          <dd>{description}</dd>
        </>
      )}
      <dt>Events</dt>
      <dd>{events.includes('*') ? 'All events' : events.join(', ')}</dd>
      <dt>Secret</dt>
      <dd>
        <EndpointSecret endpoint={endpoint} onRotated={onRotated} />
      </dd>
      <dt>Created</dt>
      <dd>
        <Time at={endpoint.created_at} />
      </dd>
    </dl>
  )
}
