import { Elysia } from 'elysia'
import { Event } from '~/contract/events.ts'
import { PageQuery, pageOf } from '~/contract/pages.ts'
import { problems } from '~/contract/problems.ts'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { readPageRequest, toPageView } from '../pages.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { toEventView } from '../views.ts'

export const eventRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) =>
  new Elysia().use(commands).get(
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
      detail: { tags: ['Events'], summary: 'The life of a license, newest first' },
    },
  )
