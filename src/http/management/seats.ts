import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { type Seat as DomainSeat, decideRelease } from '~/domain/seats.ts'
import { isRefusal, type Refusal } from '~/domain/verdicts.ts'
import type { Changed } from '~/store/port.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { presentSeat, Seat } from '~/wire/seats.ts'
import { answers } from '../answers.ts'
import type { Scopes } from '../plugins/scopes.ts'
import { LicenseParams, SeatParams } from './path-params.ts'
import { requireFound } from './require-found.ts'

const resource = {
  noun: 'license',
  present: ({ result }: Changed<DomainSeat | Refusal>) => {
    if (isRefusal(result)) throw new Fault('not_found', 'No such seat on this license.')
    return presentSeat(result)
  },
} as const

export const seatRoutes = ({ store }: Pick<Deps, 'store'>, scopes: Scopes) =>
  new Elysia({ prefix: '/licenses/:id/seats', tags: ['Seats'] })
    .use(scopes)
    .get(
      '',
      async ({ params, query, command }) => {
        const list = `seats of ${params.id}`
        const request = parsePageRequest(list, query)
        requireFound('license', await store.licenses.find(params.id))
        const page = await store.seats.list(params.id, command.nowMs, request)
        return presentPage(list, query, page, presentSeat)
      },
      {
        scope: 'licenses:read',
        operationId: 'listLicenseSeats',
        params: LicenseParams,
        query: PageQuery,
        ...answers(pageOf(Seat), 404),
        summary: 'List the seats of a license that are in use',
      },
    )
    .delete(
      '/:seat_id',
      ({ params, command, requireVersion }) =>
        command.change(resource, (context) => {
          const { nowMs } = command
          const query = { intent: 'seat', seat: { id: params.seat_id }, nowMs } as const
          return store.licenses.change(params.id, query, context, (state) => {
            requireVersion(state.license)
            return decideRelease(state, nowMs)
          })
        }),
      {
        scope: 'licenses:write',
        ifMatch: true,
        operationId: 'deleteLicenseSeat',
        params: SeatParams,
        ...answers(Seat, 404, 412),
        summary: 'Release a seat of a license',
      },
    )
