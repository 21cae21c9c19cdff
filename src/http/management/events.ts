import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { isEventPattern, matchesPattern } from '~/domain/endpoints.ts'
import { eventTypes } from '~/domain/events.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { Event, ListEventsQuery, presentEvent } from '~/wire/events.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { problems } from '~/wire/problems.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'

const tags = ['Events']

export const eventRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) =>
  new Elysia()
    .use(commands)
    .get(
      '/events',
      async ({ query }) => {
        const request = parsePageRequest('events', query)
        const { type, license_id: licenseId, after: afterEventId } = query
        if (afterEventId !== undefined && (await store.events.find(afterEventId)) === null) {
          throw invalidField('?after', 'There is no such event. Give the id of one that you have.')
        }
        const filter = {
          ...(type === undefined ? {} : { types: readTypes(type) }),
          ...(licenseId === undefined ? {} : { licenseId }),
          ...(afterEventId === undefined ? {} : { afterEventId }),
        }
        const page = await store.events.list(filter, request)
        return presentPage('events', query, page, presentEvent)
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
        const event = await store.events.find(params.id)
        if (event === null) throw new Fault('not_found', 'No such event.')
        return presentEvent(event)
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
        const request = parsePageRequest(list, query)
        const license = await store.licenses.find(params.id)
        if (license === null) throw new Fault('not_found', 'No such license.')
        const page = await store.events.list({ licenseId: params.id }, request)
        return presentPage(list, query, page, presentEvent)
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
