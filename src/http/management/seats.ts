import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import {
  decideAcquisition,
  decideRelease,
  decideSeatRenewal,
  type Seat as Held,
} from '~/domain/seats.ts'
import { isRefusal, type Refusal } from '~/domain/verdicts.ts'
import type { Changed } from '~/store/port.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { problems } from '~/wire/problems.ts'
import {
  AcquireSeatBody,
  presentSeat,
  presentSeatLease,
  Seat,
  SeatBody,
  SeatLease,
} from '~/wire/seats.ts'
import { createClientCommand } from '../client/decide-then-commit.ts'
import type { ClientParts } from '../client/find-license.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { requireVersion } from './license-views.ts'

const tags = ['Seats']
const response = { 200: SeatLease, ...problems(400, 404, 409, 413, 415, 422, 429) }

type SeatDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId'>

/** Floating seats, as apps hold them; the license key is the credential. */
export const clientSeatRoutes = (deps: SeatDeps, parts: ClientParts) => {
  const { clock, createId } = deps
  const grant = createClientCommand(deps, parts)

  return new Elysia({ prefix: '/seats' })
    .post(
      '/acquire',
      async ({ body, request }) => {
        const nowMs = clock.nowMs()
        const { key, fingerprint, name = null } = body
        const query = { intent: 'seat', seat: { fingerprint }, nowMs } as const
        const seat = await grant({ key, request, nowMs }, query, (state) =>
          decideAcquisition(state, { fingerprint, name }, createId('seat'), nowMs),
        )
        return presentSeatLease(seat)
      },
      {
        body: AcquireSeatBody,
        response,
        detail: {
          tags,
          summary: 'Acquire a floating seat',
          description: 'The same fingerprint gets its own seat again, with a new lease.',
          security: [],
        },
      },
    )
    .post(
      '/renew',
      async ({ body, request }) => {
        const nowMs = clock.nowMs()
        const { key, id } = body
        const query = { intent: 'seat', seat: { id }, nowMs } as const
        const seat = await grant({ key, request, nowMs }, query, (state) =>
          decideSeatRenewal(state, nowMs),
        )
        return presentSeatLease(seat)
      },
      {
        body: SeatBody,
        response,
        detail: {
          tags,
          summary: 'Renew the lease of a seat',
          description: 'A lapsed seat is taken up again while one is free.',
          security: [],
        },
      },
    )
    .post(
      '/release',
      async ({ body, request }) => {
        const nowMs = clock.nowMs()
        const { key, id } = body
        const query = { intent: 'seat', seat: { id }, nowMs } as const
        const seat = await grant({ key, request, nowMs }, query, (state) =>
          decideRelease(state, nowMs),
        )
        return presentSeatLease(seat)
      },
      { body: SeatBody, response, detail: { tags, summary: 'Release a seat', security: [] } },
    )
}

/** What the vendor sees and does. */
export const seatRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) =>
  new Elysia({ prefix: '/licenses/:id/seats' })
    .use(commands)
    .get(
      '',
      async ({ params, query, command }) => {
        const list = `seats of ${params.id}`
        const request = parsePageRequest(list, query)
        const license = await store.licenses.find(params.id)
        if (license === null) throw new Fault('not_found', 'No such license.')
        const page = await store.seats.list(params.id, command.nowMs, request)
        return presentPage(list, query, page, presentSeat)
      },
      {
        scope: 'licenses:read',
        query: PageQuery,
        response: { 200: pageOf(Seat), ...problems(400, 401, 403, 404, 422) },
        detail: { tags, summary: 'List the seats of a license that are held now' },
      },
    )
    .delete(
      '/:seat_id',
      ({ params, command, headers }) =>
        command.answer(releasing, (context) => {
          const { nowMs } = command
          const query = { intent: 'seat', seat: { id: params.seat_id }, nowMs } as const
          return store.licenses.change(params.id, query, context, (state) => {
            requireVersion(headers['if-match'], state.license)
            return decideRelease(state, nowMs)
          })
        }),
      {
        scope: 'licenses:write',
        response: { 200: Seat, ...problems(401, 403, 404, 412) },
        detail: { tags, summary: 'Release a seat of a license' },
      },
    )

const releasing = {
  status: 200,
  noun: 'license',
  view: ({ result }: Changed<Held | Refusal>) => {
    if (isRefusal(result)) throw new Fault('not_found', 'No such seat on this license.')
    return presentSeat(result)
  },
} as const
