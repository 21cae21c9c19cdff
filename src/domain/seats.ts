import { assert } from '~/assert.ts'
import { type Decision, unchanged } from './decisions.ts'
import { resolveEntitlements, type TermsSnapshot } from './licenses.ts'
import { decideRefusal } from './limit-notices.ts'
import { SECOND_MS } from './times.ts'
import { findStatusRefusal } from './validations.ts'
import { type Refusal, refuse, refuseLimit } from './verdicts.ts'

/** A floating seat. It is in use until `expiresAtMs`, whether or not its row still exists. */
export interface Seat {
  readonly id: string
  readonly licenseId: string
  readonly fingerprint: string
  readonly name: string | null
  readonly acquiredAtMs: number
  readonly expiresAtMs: number
}

/** Identifies a seat of a license. */
export type SeatKey = { readonly fingerprint: string } | { readonly id: string }

export interface SeatState {
  /** The queried seat, even if its lease has expired. */
  readonly seat: Seat | null
  /** How many other seats are in use; not counted (null) while the queried seat is in use itself. */
  readonly othersInUse: number | null
}

type SeatLicenseState = TermsSnapshot & { readonly seat: SeatState }

type SeatDecision = Decision<Seat | Refusal>

export type SeatRequest = Pick<Seat, 'fingerprint' | 'name'>

/** Renews the seat that has this fingerprint, or creates one while one is free. */
export function decideAcquisition(
  state: SeatLicenseState,
  { fingerprint, name }: SeatRequest,
  id: string,
  nowMs: number,
): SeatDecision {
  const { seat: own } = state.seat
  if (own !== null) {
    return decideLease(state, 'seat.update', { ...own, name: name ?? own.name }, nowMs)
  }
  const licenseId = state.license.id
  const seat = { id, licenseId, fingerprint, name, acquiredAtMs: nowMs, expiresAtMs: nowMs }
  return decideLease(state, 'seat.create', seat, nowMs)
}

/** Extends a lease. An expired one can be renewed only while a seat is free. */
export function decideSeatRenewal(state: SeatLicenseState, nowMs: number): SeatDecision {
  const { seat: own } = state.seat
  return own === null
    ? unchanged(findStatusRefusal(state, nowMs) ?? seatNotFound)
    : decideLease(state, 'seat.update', own, nowMs)
}

/** Releases the seat at once, regardless of the status of the license. */
export function decideRelease({ seat: { seat } }: SeatLicenseState, nowMs: number): SeatDecision {
  if (seat === null) return unchanged(seatNotFound)
  const released = { ...seat, expiresAtMs: Math.min(nowMs, seat.expiresAtMs) }
  return { result: released, changes: [{ type: 'seat.delete', seat }], events: [] }
}

/** Keeps a seat in use even above a lowered limit. Any other seat needs a free one. */
function decideLease(
  state: SeatLicenseState,
  type: 'seat.create' | 'seat.update',
  seat: Seat,
  nowMs: number,
): SeatDecision {
  const refusal = findStatusRefusal(state, nowMs)
  if (refusal !== null) return unchanged(refusal)
  const isInUse = nowMs < seat.expiresAtMs
  const full = isInUse ? null : findLimitRefusal(state)
  if (full !== null) return decideRefusal(state.license, full, nowMs)
  const leased = {
    ...seat,
    acquiredAtMs: isInUse ? seat.acquiredAtMs : nowMs,
    expiresAtMs: nowMs + state.plan.seatLeaseSeconds * SECOND_MS,
  }
  return { result: leased, changes: [{ type, seat: leased }], events: [] }
}

/** Returns when a lease ends. One that ends later than a new lease was taken by a clock that was ahead. */
export function correctLeaseEnd(expiresAtMs: number, seatLeaseSeconds: number, nowMs: number) {
  return Math.min(expiresAtMs, nowMs + seatLeaseSeconds * SECOND_MS)
}

function findLimitRefusal({ license, plan, seat }: SeatLicenseState): Refusal | null {
  const { maxSeats } = resolveEntitlements(license, plan)
  if (maxSeats === null) return null
  const { othersInUse } = seat
  assert(othersInUse !== null, 'the seats in use are counted for a seat that is not')
  return othersInUse < maxSeats ? null : refuseLimit('seat', maxSeats, othersInUse)
}

const seatNotFound = refuse(
  'SEAT_NOT_FOUND',
  'This license has no such seat. It may have been released: acquire a new one.',
)
