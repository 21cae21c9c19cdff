import { type Decision, unchanged } from './decisions.ts'
import { entitlementsOf, type License, type LicenseSnapshot } from './licenses.ts'
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

/** Which seat a request is about, and when. */
export type SeatProbe = { readonly nowMs: number } & (
  | { readonly fingerprint: string }
  | { readonly id: string }
)

/** How the probed seat stands. */
export interface SeatStanding {
  /** The probed seat, also when its lease has lapsed. */
  readonly seat: Seat | null
  /** Seats of this license whose lease runs, the probed one not counted. */
  readonly othersInUse: number
}

type SeatSubject = LicenseSnapshot & { readonly seat: SeatStanding }

export interface SeatRequest {
  readonly fingerprint: string
  readonly name: string | null
}

/** The caller's own seat again when it holds one; otherwise a new one while one is free. */
export function decideAcquisition(
  subject: SeatSubject,
  { fingerprint, name }: SeatRequest,
  id: string,
  nowMs: number,
): Decision<Seat | Refusal> {
  const refusal = findStatusRefusal(subject, nowMs)
  if (refusal !== null) return unchanged(refusal)
  const { seat: own } = subject.seat
  if (own !== null) return decideLease(subject, own, name ?? own.name, nowMs)
  const seat: Seat = {
    id,
    licenseId: subject.license.id,
    fingerprint,
    name,
    acquiredAtMs: nowMs,
    expiresAtMs: leaseEnd(subject, nowMs),
  }
  return whileFree(subject, nowMs, () => ({
    result: seat,
    changes: [{ type: 'seat.create', seat }],
    events: [],
  }))
}

/** Extends a lease. A lapsed one is taken up again while a seat is free. */
export function decideSeatRenewal(subject: SeatSubject, nowMs: number): Decision<Seat | Refusal> {
  const refusal = findStatusRefusal(subject, nowMs)
  if (refusal !== null) return unchanged(refusal)
  const { seat: own } = subject.seat
  return own === null ? unchanged(seatNotFound) : decideLease(subject, own, own.name, nowMs)
}

/** Frees the seat at once. A license in whatever state lets go of its seats. */
export function decideRelease({ seat: { seat } }: SeatSubject, nowMs: number) {
  if (seat === null) return unchanged<Seat | Refusal>(seatNotFound)
  const decision: Decision<Seat | Refusal> = {
    result: { ...seat, expiresAtMs: Math.min(nowMs, seat.expiresAtMs) },
    changes: [{ type: 'seat.delete', seat }],
    events: [],
  }
  return decision
}

const seatNotFound = refuse(
  'SEAT_NOT_FOUND',
  'This license has no such seat: it was released. Acquire one again.',
)

function decideLease(
  subject: SeatSubject,
  own: Seat,
  name: string | null,
  nowMs: number,
): Decision<Seat | Refusal> {
  const seat = { ...own, name, expiresAtMs: leaseEnd(subject, nowMs) }
  const extend = (): Decision<Seat> => ({
    result: seat,
    changes: [{ type: 'seat.update', seat }],
    events: [],
  })
  return nowMs < own.expiresAtMs ? extend() : whileFree(subject, nowMs, extend)
}

function whileFree(
  subject: SeatSubject,
  nowMs: number,
  take: () => Decision<Seat | Refusal>,
): Decision<Seat | Refusal> {
  const { maxSeats } = entitlementsOf(subject.license, subject.plan)
  const { othersInUse } = subject.seat
  if (maxSeats === null || othersInUse < maxSeats) return take()
  return refused(subject.license, refuseLimit('seat', maxSeats, othersInUse), nowMs)
}

function refused(license: License, refusal: Refusal, nowMs: number): Decision<Seat | Refusal> {
  return decideRefusal(license, refusal, nowMs)
}

function leaseEnd({ plan }: LicenseSnapshot, nowMs: number): number {
  return nowMs + plan.seatLeaseSeconds * SECOND_MS
}
