import type { Decision } from './decisions.ts'
import { listEmailSpellings, normalizeEmail } from './emails.ts'
import type { EventRecord } from './events.ts'
import type { License } from './licenses.ts'

/** An event whose data names a customer. */
export type FrozenEvent = Pick<EventRecord, 'id' | 'data'>

export interface Erasure {
  readonly licenseIds: readonly string[]
  readonly events: number
  readonly storedResponses: number
  /** The number of events of checkout whose body was deleted. */
  readonly checkoutEvents: number
  /** The number of validations whose IP address and fingerprint were redacted. */
  readonly validations: number
}

/** Returns the email address in all spellings in which the JSON that we store may contain it. */
export function formatEmailMembers(customerEmail: string): readonly string[] {
  return listEmailSpellings(customerEmail).map(
    (spelling) => `"customer_email":${JSON.stringify(spelling)}`,
  )
}

/** Returns whether a text, such as the JSON of a shop, contains the address in any spelling. */
export function mentionsEmail(text: string, customerEmail: string): boolean {
  const folded = text.normalize('NFC').toLowerCase()
  return listEmailSpellings(customerEmail).some((spelling) => folded.includes(spelling))
}

/** Redacts the customer of these licenses. The event contains their ids, even if there are none. */
export function decideErasure(licenses: readonly License[], nowMs: number): Decision<null> {
  const licenseIds = licenses.map(({ id }) => id)
  const redacted = { customerEmail: null, customerName: null, suspensionReason: null }
  return {
    result: null,
    changes: licenses.map(({ id: licenseId, version }) => ({
      type: 'license.update',
      licenseId,
      set: { ...redacted, version: version + 1, updatedAtMs: nowMs },
    })),
    events: [{ type: 'customer.erased', licenseId: null, extra: { license_ids: licenseIds } }],
  }
}

const customerFields = ['customer_email', 'customer_name', 'suspension_reason'] as const

type Customer = { [Field in (typeof customerFields)[number]]?: string | null }

interface EventData {
  license?: Customer
  previous?: Customer
  activation?: { kind: 'domain' | 'device'; value: string | null; name: string | null }
  reason?: string | null
}

/**
 * Redacts the customer in an event's JSON: name, email address, reasons, and names of activations.
 * `previous` holds only changed fields, so a name without an email address in it is the current one's.
 */
export function redactEventData(text: string, customerEmail: string): string {
  const data = JSON.parse(text) as EventData
  const { license, previous, activation } = data
  const isCustomer = (email: string | null | undefined) =>
    email != null && normalizeEmail(email) === customerEmail
  const isCurrent = isCustomer(license?.customer_email)
  const isFormer =
    isCustomer(previous?.customer_email) || (isCurrent && previous?.customer_email === undefined)
  if (isCurrent) redact(license)
  if (isCurrent && data.reason !== undefined) data.reason = null
  if (isCurrent && activation) {
    activation.name = null
    if (activation.kind === 'device') activation.value = null
  }
  if (isFormer) redact(previous)
  // If only the email address changed, the name next to the new one is the former customer's.
  const isNameFormer = isFormer && !isCurrent && previous?.customer_name === undefined
  if (isNameFormer && license) license.customer_name = null
  return JSON.stringify(data)
}

function redact(customer: Customer | undefined): void {
  for (const field of customerFields) {
    if (customer?.[field] !== undefined) customer[field] = null
  }
}
