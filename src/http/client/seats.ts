import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { LicenseState } from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import {
  decideAcquisition,
  decideRelease,
  decideSeatRenewal,
  type Seat,
  type SeatKey,
} from '~/domain/seats.ts'
import type { Refusal } from '~/domain/verdicts.ts'
import { parseDeviceName } from '~/wire/fields.ts'
import { AcquireSeatBody, presentSeatLease, SeatBody, SeatLease } from '~/wire/seats.ts'
import { clientAnswers } from '../answers.ts'
import { openOptions } from '../plugins/route-options.ts'
import { createClientCommand } from './decide-then-commit.ts'
import { type ClientCall, type ClientParts, createCall } from './find-license.ts'

type SeatDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId'>

/** Floating seats, which apps acquire, renew and release. */
export const clientSeatRoutes = (deps: SeatDeps, parts: ClientParts) => {
  const { createId } = deps
  const runCommand = createClientCommand(deps, parts)

  async function changeSeat(
    call: ClientCall,
    key: string,
    seat: SeatKey,
    decide: (state: LicenseState, nowMs: number) => Decision<Seat | Refusal>,
  ) {
    const { nowMs } = call
    const query = { intent: 'seat', seat, nowMs } as const
    return presentSeatLease(await runCommand(key, call, query, (state) => decide(state, nowMs)))
  }

  return new Elysia({ prefix: '/seats', tags: ['Seats'] })
    .macro(openOptions)
    .derive(createCall(deps))
    .post(
      '/acquire',
      ({ body: { key, fingerprint, ...names }, call }) => {
        const seat = { fingerprint, name: parseDeviceName(names) }
        return changeSeat(call, key, { fingerprint }, (state, nowMs) =>
          decideAcquisition(state, seat, createId('seat'), nowMs),
        )
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
      ({ body: { key, id }, call }) => changeSeat(call, key, { id }, decideSeatRenewal),
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
      ({ body: { key, id }, call }) => changeSeat(call, key, { id }, decideRelease),
      {
        credential: 'license key',
        operationId: 'releaseSeat',
        body: SeatBody,
        ...clientAnswers(SeatLease, 404, 409),
        summary: 'Release a seat',
      },
    )
}
