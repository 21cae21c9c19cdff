import type { Activation } from './activations.ts'
import { type Actor, formatActor } from './actors.ts'
import type { EventType } from './events.ts'
import type { LicenseFile } from './license-files.ts'
import type { License, LicenseKey } from './licenses.ts'
import type { MailDraft } from './mails.ts'
import type { Seat } from './seats.ts'

/** A write to a license or what belongs to it. The changes of a decision are applied in order. */
export type Change =
  | { readonly type: 'license.create'; readonly license: License }
  | { readonly type: 'license.update'; readonly licenseId: string; readonly set: LicenseFacts }
  | {
      readonly type: 'license.rekey'
      readonly licenseId: string
      readonly key: LicenseKey
      /** When the former key stops working; null if it stops at once. */
      readonly formerValidUntilMs: number | null
    }
  | { readonly type: 'activation.create'; readonly activation: Activation }
  | { readonly type: 'activation.delete'; readonly activation: Activation }
  | { readonly type: 'activation.see'; readonly activation: Activation; readonly atMs: number }
  | { readonly type: 'deactivation.count'; readonly licenseId: string; readonly atMs: number }
  | { readonly type: 'seat.create'; readonly seat: Seat }
  | { readonly type: 'seat.update'; readonly seat: Seat }
  | { readonly type: 'seat.delete'; readonly seat: Seat }
  | { readonly type: 'file.create'; readonly file: LicenseFile }
  | { readonly type: 'file.return'; readonly file: LicenseFile; readonly atMs: number }

/** The columns that a decision sets itself. The store counts what is in use. */
export type LicenseFacts = Partial<
  Omit<License, 'id' | 'domainsUsed' | 'devicesUsed' | 'freeDomainsUsed'>
>

/** An event to append. The store adds the license as it is after all changes of the decision. */
export interface EventDraft {
  readonly type: EventType
  readonly licenseId: string | null
  readonly activation?: Activation
  /** Sends the event to this endpoint only, regardless of its patterns. */
  readonly endpointId?: string
  /** Whether the event is only in the history, and no endpoint receives it. */
  readonly isSilent?: boolean
  /** More of the event's data, in wire form. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** The outcome of a rule: a result for the caller, changes to write, events to append, and mails. */
export interface Decision<Result> {
  readonly result: Result
  readonly changes: readonly Change[]
  readonly events: readonly EventDraft[]
  /** Written only if a mail server is configured and the license has an email address. */
  readonly mails?: readonly MailDraft[]
}

/** The changes, events and mails of a decision. */
export type Writes = Omit<Decision<unknown>, 'result'>

/** Joins changes, events and mails in the order of the parts. */
export function joinWrites(parts: readonly Writes[]): Writes {
  const changes = parts.flatMap((part) => part.changes)
  const events = parts.flatMap((part) => part.events)
  return { changes, events, mails: parts.flatMap(({ mails = [] }) => mails) }
}

/** Builds the context of changes that no API request asked for. */
export function buildOwnContext(actor: Actor, nowMs: number) {
  return { actor, requestId: formatActor(actor), nowMs, idempotency: null }
}

/** Returns a decision that updates a license and appends an event about it. */
export function updateLicense(
  { id: licenseId }: Pick<License, 'id'>,
  set: LicenseFacts,
  type: EventType,
  extra?: EventDraft['extra'],
): Decision<null> {
  const changes = [{ type: 'license.update', licenseId, set }] as const
  return { result: null, changes, events: [{ type, licenseId, ...(extra && { extra }) }] }
}

/** Returns a decision that writes nothing. */
export function unchanged<Result>(result: Result): Decision<Result> {
  return { result, changes: [], events: [] }
}
