import { Elysia } from 'elysia'
import { Event, ListEventsQuery } from '~/contract/events.ts'
import { PageQuery, pageOf } from '~/contract/pages.ts'
import { problems } from '~/contract/problems.ts'
import type { Deps } from '~/deps.ts'
import { isEventPattern, matchesPattern } from '~/domain/endpoints.ts'
import { eventTypes } from '~/domain/events.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { readPageRequest, toPageView } from '../pages.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { toEventView } from '../views.ts'

const tags = ['Events']

export const eventRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) =>
  new Elysia()
    .use(commands)
    .get(
      '/events',
      async ({ query }) => {
        const request = readPageRequest('events', query)
        const { type, license_id: licenseId, after: afterEventId } = query
        if (afterEventId !== undefined && (await store.findEvent(afterEventId)) === null) {
          throw invalidField('?after', 'There is no such event. Give the id of one that you have.')
        }
        const filter = {
          ...(type === undefined ? {} : { types: readTypes(type) }),
          ...(licenseId === undefined ? {} : { licenseId }),
          ...(afterEventId === undefined ? {} : { afterEventId }),
        }
        const page = await store.listEvents(filter, request)
        return toPageView('events', query, page, toEventView)
      },
      {
        scope: 'events:read',
        query: ListEventsQuery,
        response: { 200: pageOf(Event), ...problems(400, 401, 403, 422) },
        detail: {
          tags,
          summary: 'List events, newest first',
          description: 'With `after`, what came after that event, oldest first: to catch up with.',
        },
      },
    )
    .get(
      '/events/:id',
      async ({ params }) => {
        const event = await store.findEvent(params.id)
        if (event === null) throw new Fault('not_found', 'No such event.')
        return toEventView(event)
      },
      {
        scope: 'events:read',
        response: { 200: Event, ...problems(401, 403, 404) },
        detail: { tags, summary: 'Show an event' },
      },
    )
    .get(
      '/licenses/:id/events',
      async ({ params, query }) => {
        const list = `events of ${params.id}`
        const request = readPageRequest(list, query)
        const license = await store.findLicense(params.id)
        if (license === null) throw new Fault('not_found', 'No such license.')
        const page = await store.listEvents({ licenseId: params.id }, request)
        return toPageView(list, query, page, toEventView)
      },
      {
        scope: 'events:read',
        query: PageQuery,
        response: { 200: pageOf(Event), ...problems(400, 401, 403, 404, 422) },
        detail: { tags, summary: 'The life of a license, newest first' },
      },
    )

function readTypes(pattern: string): readonly string[] {
  if (isEventPattern(pattern)) return eventTypes.filter((type) => matchesPattern([pattern], type))
  throw invalidField('?type', 'Give an event type such as license.created, or a noun: license.*.')
}
