import { findFeed, storeGrant } from './activations.ts'
import type { Context } from './context.ts'
import { NoAnswer } from './errors.ts'
import type { Cancelable, Target } from './options.ts'
import { type AppResponse, type Grant, post, readGrant, readMember } from './requests.ts'
import { formatTime } from './state.ts'
import { findDevice, requireKey, resolveSubject } from './subjects.ts'
import type { ValidVerdict } from './verdicts.ts'

export interface Seat {
  readonly id: string
  /** RFC 3339. Renew the seat before. */
  readonly expiresAt: string
}

export interface AcquireRequest extends Omit<Target, 'domain'>, Cancelable {
  /** A name for the device, for the vendor's list. */
  readonly name?: string | undefined
  /** Keeps the seat for so many days, without a connection and without renewing it. */
  readonly borrowDays?: number | undefined
}

export interface SeatRequest extends Pick<Target, 'key' | 'fingerprint'>, Cancelable {}

/** A call that is repeated anyway needs no attempts of its own. */
interface SeatCall extends SeatRequest {
  readonly attemptsMax?: number
}

/** A seat with what is left of its lease, measured by the clock of the server. */
export interface TimedSeat extends Seat {
  readonly leaseMs: number
}

/**
 * Acquires a floating seat for the device. Repeating it returns the same seat. Throws `LicetProblem`
 * with the code `SEAT_LIMIT_REACHED` if all seats are in use, and `NoAnswer`.
 */
export async function acquireSeat(context: Context, request: AcquireRequest): Promise<TimedSeat> {
  const { name, borrowDays, signal } = request
  const target = { key: request.key, fingerprint: request.fingerprint, domain: null }
  const subject = await resolveSubject(context, target)
  const fingerprint = subject.fingerprint ?? (await findDevice(context)).value
  const fields = { key: requireKey(subject), fingerprint, name, borrow_days: borrowDays }
  // The lease of a seat that is not borrowed ends with it. It must not replace a longer one.
  const signing = borrowDays === undefined ? 'answer' : 'lease'
  const response = await post(context, '/seats/acquire', fields, { signing, signal })
  const grant = await readGrant(context, response, await findFeed(context, subject))
  const seat = readSeat(context, grant, response)
  if (signing === 'lease') await storeGrant(context, subject, grant)
  return seat
}

/**
 * Renews the lease of a seat. One that has lapsed is acquired again if one is free. The fingerprint only
 * finds the stored record.
 */
export async function renewSeat(
  context: Context,
  id: string,
  request: SeatCall,
): Promise<TimedSeat> {
  const target = { key: request.key, fingerprint: request.fingerprint, domain: null }
  const subject = await resolveSubject(context, target)
  const fields = { key: requireKey(subject), id }
  const { attemptsMax, signal } = request
  const options = { signing: 'answer', attemptsMax, signal } as const
  const response = await post(context, '/seats/renew', fields, options)
  const grant = await readGrant(context, response, await findFeed(context, subject))
  return readSeat(context, grant, response)
}

export function presentSeat({ id, expiresAt }: TimedSeat): Seat {
  return { id, expiresAt }
}

/** Gives a seat back, so that another device can use it. */
export async function releaseSeat(context: Context, id: string, request: SeatCall): Promise<void> {
  const { attemptsMax, signal } = request
  const subject = await resolveSubject(context, { key: request.key, fingerprint: null })
  const fields = { key: requireKey(subject), id }
  const options = { signing: 'nothing', attemptsMax, signal } as const
  await readGrant(context, await post(context, '/seats/release', fields, options), null)
}

/** With pinned keys, only the claims are read: a false server could prolong a seat without end. */
function readSeat(context: Context, { body, verdict }: Grant, response: AppResponse): TimedSeat {
  return verdict === null ? readPlainSeat(context, body, response) : readSignedSeat(verdict)
}

function readSignedSeat({ seat, at }: ValidVerdict): TimedSeat {
  if (seat === null || at === null) throw new NoAnswer('signature', 'The seat is not signed.')
  return { id: seat.id, expiresAt: formatTime(seat.exp), leaseMs: (seat.exp - at) * 1000 }
}

function readPlainSeat(context: Context, body: unknown, { outcome }: AppResponse): TimedSeat {
  const expiresAt = readMember(body, 'expires_at')
  const expiresAtMs = Date.parse(expiresAt)
  if (Number.isNaN(expiresAtMs)) throw new NoAnswer('not_licet', '"expires_at" is not a time.')
  const serverMs = Date.parse(outcome.date ?? '')
  const nowMs = Number.isNaN(serverMs) ? context.now() * 1000 : serverMs
  return { id: readMember(body, 'id'), expiresAt, leaseMs: expiresAtMs - nowMs }
}
