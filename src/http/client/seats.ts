import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { decideAcquisition, decideRelease, decideSeatRenewal } from '~/domain/seats.ts'
import { AcquireSeatBody, presentSeatLease, SeatBody, SeatLease } from '~/wire/seats.ts'
import { clientAnswers } from '../answers.ts'
import { clientOptions } from '../plugins/route-options.ts'
import { createClientCommand } from './decide-then-commit.ts'
import type { ClientParts } from './find-license.ts'

type SeatDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId'>

/** Floating seats, which apps acquire, renew and release. */
export const clientSeatRoutes = (deps: SeatDeps, parts: ClientParts) => {
  const { clock, createId } = deps
  const runCommand = createClientCommand(deps, parts)

  return new Elysia({ prefix: '/seats', tags: ['Seats'] })
    .macro(clientOptions)
    .post(
      '/acquire',
      async ({ body: { key, fingerprint, name = null }, request }) => {
        const nowMs = clock.nowMs()
        const query = { intent: 'seat', seat: { fingerprint }, nowMs } as const
        const seat = await runCommand({ key, request, nowMs }, query, (state) =>
          decideAcquisition(state, { fingerprint, name }, createId('seat'), nowMs),
        )
        return presentSeatLease(seat)
      },
      {
        credential: 'license key',
        operationId: 'acquireSeat',
        body: AcquireSeatBody,
        ...clientAnswers(SeatLease, 404, 409),
        summary: 'Acquire a floating seat',
        description: 'A fingerprint that already has a seat gets the same seat with a new lease.',
      },
    )
    .post(
      '/renew',
      async ({ body: { key, id }, request }) => {
        const nowMs = clock.nowMs()
        const query = { intent: 'seat', seat: { id }, nowMs } as const
        const seat = await runCommand({ key, request, nowMs }, query, (state) =>
          decideSeatRenewal(state, nowMs),
        )
        return presentSeatLease(seat)
      },
      {
        credential: 'license key',
        operationId: 'renewSeat',
        body: SeatBody,
        ...clientAnswers(SeatLease, 404, 409),
        summary: 'Renew the lease of a seat',
        description: 'A seat whose lease has expired is acquired again if one is free.',
      },
    )
    .post(
      '/release',
      async ({ body: { key, id }, request }) => {
        const nowMs = clock.nowMs()
        const query = { intent: 'seat', seat: { id }, nowMs } as const
        const seat = await runCommand({ key, request, nowMs }, query, (state) =>
          decideRelease(state, nowMs),
        )
        return presentSeatLease(seat)
      },
      {
        credential: 'license key',
        operationId: 'releaseSeat',
        body: SeatBody,
        ...clientAnswers(SeatLease, 404, 409),
        summary: 'Release a seat',
      },
    )
}
