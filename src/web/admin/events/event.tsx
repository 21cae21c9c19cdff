import { useRoute } from 'preact-iso'
import type { Event } from '~/wire/events.ts'
import { api, call } from '../../shared/api.ts'
import { CopyButton } from '../../shared/copying.tsx'
import { formatNumber, Time } from '../../shared/format.tsx'
import { JsonView } from '../../shared/json-view.tsx'
import { Page } from '../../shared/page.tsx'
import { Loading } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { describeSubject, listChangedFields } from './event-words.ts'

/** One event, with the data that endpoints receive. */
export function EventPage() {
  const id = useRoute().params.id ?? ''
  const event = useLoad(`event ${id}`, () => call(api.events({ id }).get()))
  return (
    <Page title={event.data?.type ?? 'Event'} note={<a href="/admin/events">All events</a>}>
      <Loading loaded={event} lines={8}>
        {(loaded) => (
          <>
            <Facts event={loaded} />
            <section class="stack" aria-labelledby="data">
              <div class="spread">
                <h2 id="data">Data</h2>
                <CopyButton text={JSON.stringify(loaded, null, 2)} what="the event" />
              </div>
              <JsonView value={loaded.data} label="Data of the event" />
            </section>
          </>
        )}
      </Loading>
    </Page>
  )
}

function Facts({ event }: { event: Event }) {
  const { id, license_id: licenseId, sequence } = event
  const changed = listChangedFields(event.data)
  return (
    <dl class="facts">
      <dt>When</dt>
      <dd>
        <Time at={event.timestamp} />
      </dd>
      {licenseId !== null && (
        <>
          <dt>License</dt>
          <dd>
            <a href={`/admin/licenses/${licenseId}`}>{describeSubject(event)}</a>
            {sequence !== null && <span class="muted">, its event {formatNumber(sequence)}</span>}
            {' · '}
            <a href={`/admin/events?license_id=${licenseId}`}>All events of this license</a>
          </dd>
        </>
      )}
      {changed.length > 0 && (
        <>
          <dt>Changed</dt>
          <dd>{changed.join(', ')}</dd>
        </>
      )}
      <dt>ID</dt>
      <dd>
        <code>{id}</code>
      </dd>
    </dl>
  )
}
