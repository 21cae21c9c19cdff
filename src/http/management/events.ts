import type { Static } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { isEventPattern, matchesPattern } from '~/domain/endpoints.ts'
import { type EventFilter, eventTypes } from '~/domain/events.ts'
import { invalidField } from '~/domain/faults.ts'
import { Event, ListEventsQuery, presentEvent } from '~/wire/events.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { answers } from '../answers.ts'
import type { Scopes } from '../plugins/scopes.ts'
import { EventParams, LicenseParams } from './path-params.ts'
import { requireFound } from './require-found.ts'

export const eventRoutes = ({ store }: Pick<Deps, 'store'>, scopes: Scopes) =>
  new Elysia({ tags: ['Events'] })
    .use(scopes)
    .get(
      '/events',
      async ({ query }) => {
        const request = parsePageRequest('events', query)
        const page = await store.events.list(await parseFilter(store, query), request)
        return presentPage('events', query, page, presentEvent)
      },
      {
        scope: 'events:read',
        operationId: 'listEvents',
        query: ListEventsQuery,
        ...answers(pageOf(Event)),
        summary: 'List events, newest first',
        description: 'With `after`, lists the events that followed that event, oldest first.',
      },
    )
    .get(
      '/events/:id',
      async ({ params }) => presentEvent(requireFound('event', await store.events.find(params.id))),
      {
        scope: 'events:read',
        operationId: 'getEvent',
        params: EventParams,
        ...answers(Event, 404),
        summary: 'Get an event',
      },
    )
    .get(
      '/licenses/:id/events',
      async ({ params, query }) => {
        const list = `events of ${params.id}`
        const request = parsePageRequest(list, query)
        requireFound('license', await store.licenses.find(params.id))
        const page = await store.events.list({ licenseId: params.id }, request)
        return presentPage(list, query, page, presentEvent)
      },
      {
        scope: 'events:read',
        operationId: 'listLicenseEvents',
        params: LicenseParams,
        query: PageQuery,
        ...answers(pageOf(Event), 404),
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

function parseTypes(pattern: string): readonly string[] {
  if (isEventPattern(pattern)) return eventTypes.filter((type) => matchesPattern([pattern], type))
  throw invalidField(
    '?type',
    'There is no such event type. Use one such as license.created, or a group such as license.*.',
  )
}
