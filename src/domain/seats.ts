import { assert } from '~/assert.ts'
import { type Decision, unchanged } from './decisions.ts'
import { resolveEntitlements, type TermsSnapshot } from './licenses.ts'
import { decideRefusal } from './limit-notices.ts'
import type { Plan } from './plans.ts'
import { DAY_MS, SECOND_MS } from './times.ts'
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
  /** For how many days it was borrowed; null if its lease is a usual one. */
  readonly borrowedDays: number | null
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

export interface SeatRequest extends Pick<Seat, 'fingerprint' | 'name'> {
  /** For how many days the app borrows the seat; null for a usual lease. */
  readonly borrowDays: number | null
}

/** Renews the seat that has this fingerprint, or creates one while one is free. */
export function decideAcquisition(
  state: SeatLicenseState,
  { fingerprint, name, borrowDays }: SeatRequest,
  id: string,
  nowMs: number,
): SeatDecision {
  const { seat: own } = state.seat
  const term = { borrowDays, nowMs }
  if (own !== null) {
    return decideLease(state, 'seat.update', { ...own, name: name ?? own.name }, term)
  }
  const licenseId = state.license.id
  const times = { acquiredAtMs: nowMs, expiresAtMs: nowMs, borrowedDays: null }
  return decideLease(state, 'seat.create', { id, licenseId, fingerprint, name, ...times }, term)
}

/** Extends a lease. An expired one can be renewed only while a seat is free. */
export function decideSeatRenewal(state: SeatLicenseState, nowMs: number): SeatDecision {
  const { seat: own } = state.seat
  return own === null
    ? unchanged(findStatusRefusal(state, nowMs) ?? seatNotFound)
    : decideLease(state, 'seat.update', own, { borrowDays: null, nowMs })
}

/** Releases the seat at once, regardless of the status of the license. */
export function decideRelease({ seat: { seat } }: SeatLicenseState, nowMs: number): SeatDecision {
  if (seat === null) return unchanged(seatNotFound)
  const released = { ...seat, expiresAtMs: Math.min(nowMs, seat.expiresAtMs) }
  return { result: released, changes: [{ type: 'seat.delete', seat }], events: [] }
}

interface LeaseTerm {
  readonly borrowDays: number | null
  readonly nowMs: number
}

/** Keeps a seat in use even above a lowered limit. Any other seat needs a free one. */
function decideLease(
  state: SeatLicenseState,
  type: 'seat.create' | 'seat.update',
  seat: Seat,
  { borrowDays, nowMs }: LeaseTerm,
): SeatDecision {
  const refusal = findStatusRefusal(state, nowMs) ?? findBorrowRefusal(state.plan, borrowDays)
  if (refusal !== null) return unchanged(refusal)
  const isInUse = nowMs < seat.expiresAtMs
  const full = isInUse ? null : findLimitRefusal(state)
  if (full !== null) return decideRefusal(state.license, full, nowMs)
  const leased = {
    ...seat,
    acquiredAtMs: isInUse ? seat.acquiredAtMs : nowMs,
    ...pickLongerLease(seat, state.plan, { borrowDays, nowMs }),
  }
  return { result: leased, changes: [{ type, seat: leased }], events: [] }
}

function findBorrowRefusal(plan: Plan, borrowDays: number | null): Refusal | null {
  const { borrowDaysMax: limit } = plan
  if (borrowDays === null || borrowDays <= limit) return null
  if (limit === 0) return borrowingNotAllowed
  const days = limit === 1 ? 'day' : 'days'
  const message = `A seat of this license can be borrowed for up to ${limit} ${days}.`
  return refuse('BORROW_TOO_LONG', message, { limit, requested: borrowDays })
}

type Lease = Pick<Seat, 'expiresAtMs' | 'borrowedDays'>

/** A new lease replaces the former one, but never shortens that of a borrowed seat. */
function pickLongerLease(
  seat: Seat,
  { seatLeaseSeconds }: Plan,
  { borrowDays, nowMs }: LeaseTerm,
): Lease {
  const lengthMs = getLeaseMs(borrowDays, seatLeaseSeconds)
  const next = { expiresAtMs: nowMs + lengthMs, borrowedDays: borrowDays }
  if (seat.borrowedDays === null) return next
  const expiresAtMs = correctLeaseEnd(seat, seatLeaseSeconds, nowMs)
  const isLonger = next.expiresAtMs < expiresAtMs
  return isLonger ? { expiresAtMs, borrowedDays: seat.borrowedDays } : next
}

/** Returns when a lease ends. One that ends later than a new lease was taken by a clock that was ahead. */
export function correctLeaseEnd(
  { expiresAtMs, borrowedDays }: Lease,
  seatLeaseSeconds: number,
  nowMs: number,
): number {
  return Math.min(expiresAtMs, nowMs + getLeaseMs(borrowedDays, seatLeaseSeconds))
}

function getLeaseMs(borrowedDays: number | null, seatLeaseSeconds: number): number {
  return Math.max(seatLeaseSeconds * SECOND_MS, (borrowedDays ?? 0) * DAY_MS)
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

const borrowingNotAllowed = refuse(
  'BORROWING_NOT_ALLOWED',
  'Seats of this license cannot be borrowed. Acquire one without borrow_days.',
)
