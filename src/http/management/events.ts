import type { Static } from '@sinclair/typebox'
import type { Deps } from '~/deps.ts'
import { isEventPattern, matchesPattern } from '~/domain/endpoints.ts'
import { type EventFilter, eventTypes } from '~/domain/events.ts'
import { invalidField } from '~/domain/faults.ts'
import { Event, ListEventsQuery, presentEvent } from '~/wire/events.ts'
import { listPage } from '~/wire/pages.ts'
import { answers, pages } from '../answers.ts'
import { presentFound } from '../plugins/command.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

const resource = { noun: 'event', present: presentEvent }

export const eventRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) =>
  routes('', 'Events')
    .get(
      '/events',
      ({ query }) =>
        listPage('events', query, presentEvent, async (page) =>
          store.events.list(await parseFilter(store, query), page),
        ),
      {
        scope: 'events:read',
        operationId: 'listEvents',
        ...pages(Event),
        query: ListEventsQuery,
        summary: 'List events, newest first',
        description: 'With `after`, lists the events that followed that event, oldest first.',
      },
    )
    .get('/events/:id', ({ params }) => presentFound(resource, store.events.find(params.id)), {
      scope: 'events:read',
      operationId: 'getEvent',
      ...answers(Event, 404),
      summary: 'Get an event',
    })
    .get(
      '/licenses/:id/events',
      ({ params: { id }, query }) =>
        listPage(`events of ${id}`, query, presentEvent, async (page) => {
          requireFound('license', await store.licenses.find(id))
          return store.events.list({ licenseId: id }, page)
        }),
      {
        scope: 'events:read',
        operationId: 'listLicenseEvents',
        ...pages(Event, 404),
        summary: 'List the events of a license, newest first',
      },
    )

async function parseFilter(
  store: Pick<Deps['store'], 'events'>,
  { type, license_id: licenseId, after: afterEventId }: Static<typeof ListEventsQuery>,
): Promise<EventFilter> {
  if (afterEventId !== undefined && (await store.events.find(afterEventId)) === null) {
    throw invalidField('?after', 'There is no such event. Use the ID of an existing event.')
  }
  return {
    ...(type === undefined ? {} : { types: parseTypes(type) }),
    ...(licenseId === undefined ? {} : { licenseId }),
    ...(afterEventId === undefined ? {} : { afterEventId }),
  }
}

/** Throws a Fault at ?type unless the pattern names event types. */
export function parseTypes(pattern: string): readonly string[] {
  if (isEventPattern(pattern)) return eventTypes.filter((type) => matchesPattern([pattern], type))
  throw invalidField(
    '?type',
    'There is no such event type. Use one such as license.created, or a group such as license.*.',
  )
}
