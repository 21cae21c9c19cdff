import { type Static, Type } from '@sinclair/typebox'
import type * as domain from '~/domain/seats.ts'
import { toTimestamp } from '~/domain/times.ts'
import { clientField, DisplayName, Fingerprint, LicenseKeyText, nullable, Time } from './fields.ts'

const exampleId = 'seat_01jg3m8v5mf1x8yq1r5c2w7h3k'
const exampleLicenseId = 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k'
const exampleKey = 'TO-7Q4M-X0ZD-9KTB-2F17'

/** A seat as the app that holds it sees it. */
export const SeatLease = Type.Object(
  {
    id: Type.String(),
    expires_at: { ...Time, description: 'Renew the seat before this time.' },
  },
  {
    title: 'SeatLease',
    description: 'The lease of a seat.',
    examples: [{ id: exampleId, expires_at: '2026-03-06T12:05:00Z' }],
  },
)
export type SeatLease = Static<typeof SeatLease>

export const Seat = Type.Object(
  {
    id: Type.String(),
    license_id: Type.String(),
    fingerprint: Type.String(),
    name: nullable(Type.String()),
    acquired_at: Time,
    expires_at: Time,
  },
  {
    title: 'Seat',
    description: 'A floating seat of a license.',
    examples: [
      {
        id: exampleId,
        license_id: exampleLicenseId,
        fingerprint: '5f2b…',
        name: "Ada's workstation",
        acquired_at: '2026-03-06T12:00:00Z',
        expires_at: '2026-03-06T12:05:00Z',
      },
    ],
  },
)
export type Seat = Static<typeof Seat>

export const AcquireSeatBody = Type.Object(
  {
    key: LicenseKeyText,
    fingerprint: Fingerprint,
    name: clientField(DisplayName),
  },
  {
    title: 'AcquireSeatRequest',
    additionalProperties: true,
    examples: [{ key: exampleKey, fingerprint: '5f2b…' }],
  },
)

/** The request body of renewing and of releasing a seat. */
export const SeatBody = Type.Object(
  {
    key: LicenseKeyText,
    id: Type.String({ maxLength: 40, description: 'The ID of the seat, from its lease.' }),
  },
  {
    title: 'SeatRequest',
    additionalProperties: true,
    examples: [{ key: exampleKey, id: exampleId }],
  },
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
  }
}
