import { useRoute } from 'preact-iso'
import type { Attempt, Delivery } from '~/wire/webhooks.ts'
import { api, call } from '../../shared/api.ts'
import { Ago, Time } from '../../shared/format.tsx'
import { Page } from '../../shared/page.tsx'
import { Loading, ProblemNotice } from '../../shared/states.tsx'
import { toast } from '../../shared/toasts.tsx'
import { useAction } from '../../shared/use-action.ts'
import { useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { Attempts } from './attempts.tsx'
import { DeliveryBadge } from './badges.tsx'
import { LIVE_MS } from './delivery-table.tsx'

/** One delivery with all of its attempts. It stays up to date. */
export function DeliveryPage() {
  const can = useCan()
  const id = useRoute().params.id ?? ''
  const delivery = useLoad(`delivery ${id}`, () => call(api.deliveries({ id }).get()), {
    everyMs: LIVE_MS,
  })
  const { data } = delivery
  const retry = useAction(async (headers) => {
    await call(api.deliveries({ id }).retry.post({}, { headers }))
    toast('The delivery is sent again. The new attempt appears below.')
    delivery.reload()
  })
  const actions = data !== null && can('webhooks:write') && (
    <button type="button" aria-busy={retry.isBusy} onClick={() => retry.run()}>
      {data.status === 'delivered' ? 'Send again' : 'Retry now'}
    </button>
  )
  return (
    <Page
      title={data === null ? 'Delivery' : `Delivery of ${data.event_type}`}
      note={<a href="/admin/webhooks/deliveries">All deliveries</a>}
      actions={actions}
    >
      <ProblemNotice problem={retry.problem} />
      <Loading loaded={delivery} lines={6}>
        {(loaded) => (
          <>
            <Facts delivery={loaded} />
            <Attempts attempts={newestFirst(loaded.attempts)} />
          </>
        )}
      </Loading>
    </Page>
  )
}

const newestFirst = (attempts: readonly Attempt[]) =>
  attempts.toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at))

function Facts({ delivery }: { delivery: Delivery }) {
  const { webhook_id: endpointId, event_id: eventId, next_try_at: next } = delivery
  const endpoint = useLoad(`webhook ${endpointId}`, () =>
    call(api.webhooks({ id: endpointId }).get()),
  )
  return (
    <dl class="facts">
      <dt>Status</dt>
      <dd>
        <DeliveryBadge delivery={delivery} />
      </dd>
      <dt>Endpoint</dt>
      <dd>
        <a href={`/admin/webhooks/${endpointId}`}>{endpoint.data?.url ?? endpointId}</a>
      </dd>
      <dt>Event</dt>
      <dd>
        <a class="mono" href={`/admin/events/${eventId}`}>
          {eventId}
        </a>
      </dd>
      <dt>Created</dt>
      <dd>
        <Time at={delivery.created_at} />
      </dd>
      {next !== null && (
        <>
          <dt>Next attempt</dt>
          <dd>
            <Ago at={next} /> (<Time at={next} />)
          </dd>
        </>
      )}
    </dl>
  )
}
