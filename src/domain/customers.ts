import { type Decision, unchanged } from './decisions.ts'
import type { License } from './licenses.ts'

/** Where the database knows a customer from, besides the usage history. */
export interface CustomerTraces {
  readonly licenses: readonly License[]
  /** Events whose frozen data names the e-mail address. */
  readonly events: readonly FrozenEvent[]
  /** Hashes of idempotency keys whose kept answers name it. */
  readonly storedResponses: readonly string[]
}

export interface FrozenEvent {
  readonly id: string
  /** JSON text. */
  readonly data: string
}

export interface Erasure {
  readonly licenseIds: readonly string[]
  readonly events: number
  readonly storedResponses: number
  /** Validations that lost their address and fingerprint. */
  readonly validations: number
}

/** How an e-mail address stands in JSON texts that we wrote. */
export function formatEmailMember(customerEmail: string): string {
  return `"customer_email":${JSON.stringify(customerEmail)}`
}

/** Blanks the customer wherever the e-mail address stands; tells of it when there was anything. */
export function decideErasure(
  { licenses, events, storedResponses }: CustomerTraces,
  customerEmail: string,
  validations: number,
  nowMs: number,
): Decision<Erasure> {
  const licenseIds = licenses.map(({ id }) => id)
  const counts = { events: events.length, storedResponses: storedResponses.length }
  const result: Erasure = { licenseIds, ...counts, validations }
  if (licenses.length + events.length + storedResponses.length === 0) return unchanged(result)
  const blanked = events.map(({ id, data }) => ({ id, data: redactEventData(data, customerEmail) }))
  return {
    result,
    changes: [
      ...licenses.map(({ id: licenseId, version }) => ({
        type: 'license.update' as const,
        licenseId,
        set: {
          customerEmail: null,
          customerName: null,
          suspensionReason: null,
          version: version + 1,
          updatedAtMs: nowMs,
        },
      })),
      { type: 'customer.erase', licenseIds, events: blanked, storedResponses },
    ],
    events: [{ type: 'customer.erased', licenseId: null, extra: { license_ids: licenseIds } }],
  }
}

type Customer = {
  customer_email?: string | null
  customer_name?: string | null
  suspension_reason?: string | null
}

interface EventData {
  license?: Customer
  previous?: Customer
  activation?: { kind: 'domain' | 'device'; value: string | null; name: string | null }
  reason?: string | null
}

/**
 * Blanks the customer in an event's data, and what was said of them and their devices. `previous`
 * holds only what changed, so a name alone in it belongs to the address that stayed.
 */
export function redactEventData(text: string, customerEmail: string): string {
  const data = JSON.parse(text) as EventData
  const { license, previous, activation } = data
  const isCurrent = license?.customer_email === customerEmail
  const isFormer =
    previous?.customer_email === customerEmail ||
    (isCurrent && previous?.customer_email === undefined)
  if (isCurrent) blank(license)
  if (isCurrent && data.reason !== undefined) data.reason = null
  if (isCurrent && activation) {
    activation.name = null
    if (activation.kind === 'device') activation.value = null
  }
  if (isFormer) blank(previous)
  // Where the address alone was changed, the name beside the new one is the former one's.
  const isNameFormer = isFormer && !isCurrent && previous?.customer_name === undefined
  if (isNameFormer && license) license.customer_name = null
  return JSON.stringify(data)
}

function blank(customer: Customer | undefined): void {
  if (customer?.customer_email !== undefined) customer.customer_email = null
  if (customer?.customer_name !== undefined) customer.customer_name = null
  if (customer?.suspension_reason !== undefined) customer.suspension_reason = null
}
