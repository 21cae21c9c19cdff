import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { LicenseState } from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import { bindSeat } from '~/domain/offline.ts'
import {
  decideAcquisition,
  decideRelease,
  decideSeatRenewal,
  type Seat,
  type SeatKey,
} from '~/domain/seats.ts'
import type { Refusal } from '~/domain/verdicts.ts'
import { parseDeviceName, parseRequirements } from '~/wire/fields.ts'
import {
  AcquireSeatBody,
  presentSeatLease,
  ReleaseSeatBody,
  RenewSeatBody,
  SeatLease,
} from '~/wire/seats.ts'
import { clientAnswers } from '../answers.ts'
import { openOptions } from '../plugins/route-options.ts'
import { type ClientCommand, createClientCommand } from './client-command.ts'
import { type ClientCall, type ClientParts, createCall } from './find-license.ts'

type SeatDeps = Pick<Deps, 'store' | 'signer' | 'vault' | 'clock' | 'createId'>

/** Floating seats, which apps acquire, renew and release. */
export const clientSeatRoutes = (deps: SeatDeps, parts: ClientParts) => {
  const { createId } = deps
  const changeSeat = createChangeSeat(deps, parts)

  return new Elysia({ prefix: '/seats', tags: ['Seats'] })
    .macro(openOptions)
    .derive(createCall(deps))
    .post(
      '/acquire',
      ({ body, call }) => {
        const { key, fingerprint, borrow_days: borrowDays = null } = body
        const seat = { fingerprint, name: parseDeviceName(body), borrowDays }
        const decide = (state: LicenseState, nowMs: number) =>
          decideAcquisition(state, seat, createId('seat'), nowMs)
        return changeSeat(call, key, { fingerprint }, decide, {
          terms: parseRequirements(body),
          signing: { ...body, bind: bindSeat },
        })
      },
      {
        credential: 'license key',
        operationId: 'acquireSeat',
        body: AcquireSeatBody,
        ...clientAnswers(SeatLease, 404, 409),
        summary: 'Acquire a floating seat',
        description:
          'A fingerprint that already has a seat gets the same seat with a new lease. With ' +
          '`borrow_days`, the seat stays in use for that long without being renewed. With ' +
          '`lease: true` or a `nonce`, the response, or the problem, contains `signed`.',
      },
    )
    .post(
      '/renew',
      ({ body: { key, id, nonce }, call }) =>
        changeSeat(call, key, { id }, decideSeatRenewal, { signing: { nonce, bind: bindSeat } }),
      {
        credential: 'license key',
        operationId: 'renewSeat',
        body: RenewSeatBody,
        ...clientAnswers(SeatLease, 404, 409),
        summary: 'Renew the lease of a seat',
        description:
          'A seat whose lease has expired is acquired again if one is free. With a `nonce`, the ' +
          'response, or the problem, contains `signed`, which is always an answer.',
      },
    )
    .post(
      '/release',
      ({ body: { key, id }, call }) => changeSeat(call, key, { id }, decideRelease),
      {
        credential: 'license key',
        operationId: 'releaseSeat',
        body: ReleaseSeatBody,
        ...clientAnswers(SeatLease, 404, 409),
        summary: 'Release a seat',
      },
    )
}

function createChangeSeat(deps: SeatDeps, parts: ClientParts) {
  const runCommand = createClientCommand(deps, parts)

  return async (
    call: ClientCall,
    key: string,
    seat: SeatKey,
    decide: (state: LicenseState, nowMs: number) => Decision<Seat | Refusal>,
    more: Pick<ClientCommand<Seat>, 'terms' | 'signing'> = {},
  ) => {
    const { nowMs } = call
    const { granted, signed } = await runCommand<Seat>(call, {
      key,
      query: { intent: 'seat', seat, nowMs },
      decide: (state) => decide(state, nowMs),
      ...more,
    })
    return { ...presentSeatLease(granted), ...signed }
  }
}
