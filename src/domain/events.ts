import type { Activation } from './activations.ts'
import type { LicenseRecord } from './licenses.ts'

/** Every type of event that Licet emits. */
export const eventTypes = [
  'license.created',
  'license.activated',
  'license.updated',
  'license.renewed',
  'license.suspended',
  'license.reinstated',
  'license.expiring',
  'license.expired',
  'license.revoked',
  'license.key_rotated',
  'activation.created',
  'activation.deleted',
  'license.limit_reached',
  'license.sharing_suspected',
  'customer.erased',
  'webhook.disabled',
  'webhook.test',
  'backup.failed',
] as const
export type EventType = (typeof eventTypes)[number]

export interface EventFilter {
  readonly licenseId?: string
  readonly types?: readonly string[]
  /** An event id: only later events, oldest first. */
  readonly afterEventId?: string
}

export interface EventRecord {
  readonly id: string
  readonly type: string
  readonly timestampMs: number
  readonly licenseId: string | null
  readonly sequence: number | null
  /** The frozen JSON text of the event's `data`. */
  readonly data: string
}

/** The parts of an event's data. `before` is null for a license that was just created. */
export interface EventFacts {
  readonly before: LicenseRecord | null
  readonly after: LicenseRecord | null
  readonly sequence: number | null
  readonly activation: Activation | undefined
  readonly extra: Readonly<Record<string, unknown>>
  readonly nowMs: number
}
