import type { Event } from '~/wire/events.ts'
import { api, call } from '../../shared/api.ts'
import { Ago } from '../../shared/format.tsx'
import { Section } from '../../shared/section.tsx'
import { Loading } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { toWords } from '../../shared/words.ts'
import { describeSubject } from '../events/event-words.ts'

const EVENTS_SHOWN = '8'

/** The newest events, in words, with the customer of each. */
export function NewestEvents({ everyMs }: { everyMs: number }) {
  const events = useLoad('events', () => call(api.events.get({ query: { limit: EVENTS_SHOWN } })), {
    everyMs,
  })
  const aside = (
    <a class="small" href="/admin/events">
      All events
    </a>
  )
  return (
    <Section title="Newest events" aside={aside}>
      <Loading loaded={events} lines={8}>
        {({ data }) => <EventList events={data} />}
      </Loading>
    </Section>
  )
}

function EventList({ events }: { events: readonly Event[] }) {
  if (events.length === 0) return <p class="muted">No events yet.</p>
  return (
    <ul class="event-list">
      {events.map((event) => (
        <li key={event.id}>
          <a class="event-name" href={`/admin/events/${event.id}`} title={event.type}>
            {toWords(event.type)}
          </a>
          {event.license_id === null ? (
            <span class="small">{describeSubject(event)}</span>
          ) : (
            <a class="small" href={`/admin/licenses/${event.license_id}`}>
              {describeSubject(event)}
            </a>
          )}
          <span class="small muted">
            <Ago at={event.timestamp} />
          </span>
        </li>
      ))}
    </ul>
  )
}
