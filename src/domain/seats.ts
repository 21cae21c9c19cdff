import { assert } from '~/assert.ts'
import { type Decision, unchanged } from './decisions.ts'
import { type LicenseSnapshot, resolveEntitlements } from './licenses.ts'
import { decideRefusal } from './limit-notices.ts'
import { SECOND_MS } from './times.ts'
import { findStatusRefusal } from './validations.ts'
import { type Refusal, refuse, refuseLimit } from './verdicts.ts'

/** A floating seat: held until its lease ends, by the clock, whether or not its row is still there. */
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

type SeatSubject = LicenseSnapshot & { readonly seat: SeatState }

export interface SeatRequest {
  readonly fingerprint: string
  readonly name: string | null
}

/** The caller's own seat again, with a new lease; otherwise a new one while one is free. */
export function decideAcquisition(
  state: SeatSubject,
  { fingerprint, name }: SeatRequest,
  id: string,
  nowMs: number,
): Decision<Seat | Refusal> {
  const { seat: own } = state.seat
  if (own !== null) {
    return decideLease(state, 'seat.update', { ...own, name: name ?? own.name }, nowMs)
  }
  const licenseId = state.license.id
  const seat = { id, licenseId, fingerprint, name, acquiredAtMs: nowMs, expiresAtMs: nowMs }
  return decideLease(state, 'seat.create', seat, nowMs)
}

/** Extends a lease. A lapsed one is taken up again while a seat is free. */
export function decideSeatRenewal(state: SeatSubject, nowMs: number): Decision<Seat | Refusal> {
  const { seat: own } = state.seat
  return own === null
    ? unchanged(findStatusRefusal(state, nowMs) ?? seatNotFound)
    : decideLease(state, 'seat.update', own, nowMs)
}

/** Frees the seat at once. A license in whatever state lets go of its seats. */
export function decideRelease(
  { seat: { seat } }: SeatSubject,
  nowMs: number,
): Decision<Seat | Refusal> {
  if (seat === null) return unchanged(seatNotFound)
  const released = { ...seat, expiresAtMs: Math.min(nowMs, seat.expiresAtMs) }
  return { result: released, changes: [{ type: 'seat.delete', seat }], events: [] }
}

/** A seat that is held stays so, whatever the limit has become; any other needs a free one. */
function decideLease(
  state: SeatSubject,
  type: 'seat.create' | 'seat.update',
  seat: Seat,
  nowMs: number,
): Decision<Seat | Refusal> {
  const refusal = findStatusRefusal(state, nowMs)
  if (refusal !== null) return unchanged(refusal)
  const isHeld = nowMs < seat.expiresAtMs
  const full = isHeld ? null : refuseFull(state)
  if (full !== null) return decideRefusal(state.license, full, nowMs)
  const leased = {
    ...seat,
    acquiredAtMs: isHeld ? seat.acquiredAtMs : nowMs,
    expiresAtMs: nowMs + state.plan.seatLeaseSeconds * SECOND_MS,
  }
  return { result: leased, changes: [{ type, seat: leased }], events: [] }
}

function refuseFull({ license, plan, seat: { othersInUse } }: SeatSubject): Refusal | null {
  const { maxSeats } = resolveEntitlements(license, plan)
  if (maxSeats === null) return null
  assert(othersInUse !== null, 'seats are counted for whoever holds none')
  return othersInUse < maxSeats ? null : refuseLimit('seat', maxSeats, othersInUse)
}

const seatNotFound = refuse(
  'SEAT_NOT_FOUND',
  'This license has no such seat: it was released. Acquire one again.',
)
