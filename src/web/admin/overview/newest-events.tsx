import type { Event } from '~/wire/events.ts'
import { api, call } from '../../shared/api.ts'
import { Ago } from '../../shared/format.tsx'
import { Section } from '../../shared/section.tsx'
import { Loading } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { toWords } from '../../shared/words.ts'

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
          <span title={event.type}>{toWords(event.type)}</span>
          <Subject event={event} />
          <span class="small muted">
            <Ago at={event.timestamp} />
          </span>
        </li>
      ))}
    </ul>
  )
}

/** The customer says more than the ID of the license, but may have been erased. */
function Subject({ event: { license_id: id, data } }: { event: Event }) {
  if (id === null) return <span />
  return (
    <a class="small" href={`/admin/licenses/${id}`}>
      {readText(data.license, 'customer_email') ?? id}
    </a>
  )
}

/** The data of an event may have a form that only a later version knows. */
function readText(value: unknown, name: string): string | null {
  if (typeof value !== 'object' || value === null) return null
  const text: unknown = Reflect.get(value, name)
  return typeof text === 'string' && text !== '' ? text : null
}
