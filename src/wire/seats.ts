import type { Static } from '@sinclair/typebox'
import type * as domain from '~/domain/seats.ts'
import { toTimestamp } from '~/domain/times.ts'
import { clientBody, deviceNames, exampleId, Fingerprint, requirements, Time } from './fields.ts'
import { Signed, signingFields } from './signing.ts'
import { Type } from './type.ts'

const DAYS_MAX = 36_500

const seatLeaseExample = { id: exampleId('seat'), expires_at: '2026-03-06T12:05:00Z' }

/** A seat as the app that holds it sees it. */
export const SeatLease = Type.Response('SeatLease', 'The lease of a seat.', seatLeaseExample, {
  id: Type.String(),
  expires_at: { ...Time, description: 'Renew the seat before this time.' },
  signed: Signed,
})
export type SeatLease = Static<typeof SeatLease>

const seatExample = {
  id: exampleId('seat'),
  license_id: exampleId('lic'),
  fingerprint: '5f2b9c',
  name: "Ada's workstation",
  acquired_at: '2026-03-06T12:00:00Z',
  expires_at: '2026-03-06T12:05:00Z',
  borrowed_days: null,
}

export const Seat = Type.Response('Seat', 'A floating seat of a license.', seatExample, {
  id: Type.String(),
  license_id: Type.String(),
  fingerprint: Type.String(),
  name: Type.Nullable(Type.String()),
  acquired_at: Time,
  expires_at: Time,
  borrowed_days: Type.Nullable(
    Type.Count('For how many days an app has borrowed the seat; null if it renews a usual lease.'),
  ),
})
export type Seat = Static<typeof Seat>

export const AcquireSeatBody = clientBody(
  'AcquireSeatRequest',
  { fingerprint: '5f2b9c' },
  {
    fingerprint: Fingerprint,
    ...deviceNames,
    ...requirements,
    borrow_days: Type.ClientField(
      Type.IntegerBetween(
        1,
        DAYS_MAX,
        'For how many days to borrow the seat, up to the `borrow_days_max` of the plan.',
      ),
    ),
    ...signingFields,
  },
)

const seatFields = { id: Type.Text(40, 'The ID of the seat, from its lease.') }

/** A renewal can be signed, but brings no lease: that of a seat ends with it, in minutes. */
export const RenewSeatBody = clientBody(
  'RenewSeatRequest',
  { id: exampleId('seat') },
  { ...seatFields, nonce: signingFields.nonce },
)

export const ReleaseSeatBody = clientBody(
  'ReleaseSeatRequest',
  { id: exampleId('seat') },
  seatFields,
)

export function presentSeatLease({ id, expiresAtMs }: domain.Seat): SeatLease {
  return { id, expires_at: toTimestamp(expiresAtMs) }
}

export function presentSeat(seat: domain.Seat): Seat {
  return {
    id: seat.id,
    license_id: seat.licenseId,
    fingerprint: seat.fingerprint,
    name: seat.name,
    acquired_at: toTimestamp(seat.acquiredAtMs),
    expires_at: toTimestamp(seat.expiresAtMs),
    borrowed_days: seat.borrowedDays,
  }
}
