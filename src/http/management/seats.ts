import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { type Seat as DomainSeat, decideRelease } from '~/domain/seats.ts'
import { isRefusal, type Refusal } from '~/domain/verdicts.ts'
import type { Changed } from '~/store/port.ts'
import { listPage } from '~/wire/pages.ts'
import { presentSeat, Seat } from '~/wire/seats.ts'
import { answers, pages } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

const resource = {
  noun: 'license',
  present: ({ result }: Changed<DomainSeat | Refusal>) => {
    if (isRefusal(result)) throw new Fault('not_found', 'No such seat on this license.')
    return presentSeat(result)
  },
}

export const seatRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) =>
  routes('/licenses/:id/seats', 'Seats')
    .get(
      '',
      ({ params: { id }, query, command }) =>
        listPage(`seats of ${id}`, query, presentSeat, async (page) => {
          requireFound('license', await store.licenses.find(id))
          return store.seats.list(id, command.nowMs, page)
        }),
      {
        scope: 'licenses:read',
        operationId: 'listLicenseSeats',
        ...pages(Seat, 404),
        summary: 'List the seats of a license that are in use',
      },
    )
    .delete(
      '/:seat_id',
      ({ params, command, requireVersion }) =>
        command.run(resource, (context) => {
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
        ...answers(Seat, 404, 412),
        summary: 'Release a seat of a license',
      },
    )
