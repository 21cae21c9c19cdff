import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import { PageQuery, pageOf } from '~/contract/pages.ts'
import { problems } from '~/contract/problems.ts'
import { AcquireSeatBody, Seat, SeatBody, SeatLease } from '~/contract/seats.ts'
import type { Deps } from '~/deps.ts'
import type { Subject } from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import {
  decideAcquisition,
  decideRelease,
  decideSeatRenewal,
  type Seat as Held,
  type SeatProbe,
} from '~/domain/seats.ts'
import type { Refusal } from '~/domain/verdicts.ts'
import { readPageRequest, toPageView } from '../pages.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { type AppParts, createFindPresented, type Presented } from '../presented-keys.ts'
import { toSeatLeaseView, toSeatView } from '../views.ts'
import { appContext, granted } from './activations.ts'

const tags = ['Seats']
const response = { 200: SeatLease, ...problems(400, 404, 409, 413, 415, 422, 429) }

type SeatDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId'>

/** Floating seats, as apps hold them; the license key is the credential. */
export const seatAppRoutes = (deps: SeatDeps, parts: AppParts) => {
  const { store, clock, createId } = deps
  const findPresented = createFindPresented(deps, parts)

  async function changeSeat(
    presented: Presented,
    seat: SeatProbe,
    decide: (subject: Subject) => Decision<Held | Refusal>,
  ) {
    const { license } = granted(await findPresented(presented))
    const context = appContext(presented.request, presented.nowMs)
    const changed = await store.changeLicense(license.id, { seat }, context, decide)
    assert(changed !== null, 'licenses are never deleted')
    return toSeatLeaseView(granted(changed.result))
  }

  return new Elysia({ prefix: '/seats' })
    .post(
      '/acquire',
      ({ body, request, server }) => {
        const nowMs = clock.nowMs()
        const { key, fingerprint, name = null } = body
        const wanted = { fingerprint, name }
        return changeSeat({ key, request, server, nowMs }, { fingerprint, nowMs }, (subject) =>
          decideAcquisition(subject, wanted, createId('seat'), nowMs),
        )
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
      ({ body, request, server }) => {
        const nowMs = clock.nowMs()
        const { key, id } = body
        return changeSeat({ key, request, server, nowMs }, { id, nowMs }, (subject) =>
          decideSeatRenewal(subject, nowMs),
        )
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
      ({ body, request, server }) => {
        const nowMs = clock.nowMs()
        const { key, id } = body
        return changeSeat({ key, request, server, nowMs }, { id, nowMs }, (subject) =>
          decideRelease(subject, nowMs),
        )
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
        const request = readPageRequest(list, query)
        const license = await store.findLicense(params.id)
        if (license === null) throw new Fault('not_found', 'No such license.')
        const page = await store.listSeats(params.id, command.nowMs, request)
        return toPageView(list, query, page, toSeatView)
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
      ({ params, command }) =>
        command.answer({ status: 200, noun: 'seat', view: toSeatView }, async (context) => {
          const { nowMs } = command
          const probe = { seat: { id: params.seat_id, nowMs } }
          const changed = await store.changeLicense(
            params.id,
            probe,
            { ...context, idempotency: null },
            (subject) => decideRelease(subject, nowMs),
          )
          return changed === null || 'valid' in changed.result ? null : changed.result
        }),
      {
        scope: 'licenses:write',
        response: { 200: Seat, ...problems(401, 403, 404) },
        detail: { tags, summary: 'Release a seat of a license' },
      },
    )
