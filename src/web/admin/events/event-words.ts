import type { Event } from '~/wire/events.ts'

/** Returns the fields that an event says have changed. */
export function listChangedFields({ previous }: Event['data']): readonly string[] {
  return isRecord(previous) ? Object.keys(previous) : []
}

/** Names what an event is about: the customer of its license, a host, or an ID. */
export function describeSubject({ license_id: licenseId, data }: Event): string {
  const email = isRecord(data.license) ? data.license.customer_email : null
  if (typeof email === 'string' && email !== '') return email
  const host = isRecord(data.webhook) ? data.webhook.host : null
  return licenseId ?? (typeof host === 'string' ? host : '')
}

/** The data of an event may have a form that only a later version knows. */
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
