import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { PurchaseFact } from '~/domain/purchases.ts'
import { cleanName } from '~/domain/text.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { toFieldFault } from '~/wire/field-faults.ts'
import { Email, parseEmail } from '~/wire/fields.ts'

const NAME_MAX = 200

/** Returns the event with its type. Throws a Fault that names the fields that the schema rejects. */
export function parseEventBody<Schema extends TSchema>(
  schema: Schema,
  body: unknown,
): Static<Schema> {
  if (Value.Check(schema, body)) return body
  throw toFieldFault('event', { Errors: (value) => Value.Errors(schema, value) }, body)
}

/** Parses a time into ms, which decide the order of events. Throws a Fault for no existing time. */
export function parseEventTime(text: string, pointer: string): number {
  // Seconds are too coarse here: a failed payment and its repetition may be in the same one.
  parseTimestamp(text, pointer)
  return Date.parse(text)
}

export function parseOptionalTime(text: string | null | undefined, pointer: string): number | null {
  return text == null ? null : parseEventTime(text, pointer)
}

/** Returns the customer as a fact; none without a usable address. */
export function buildCustomerFacts(
  atMs: number,
  email: string | null | undefined,
  name: string | null | undefined,
): PurchaseFact[] {
  const address = email?.trim()
  if (!Value.Check(Email, address)) return []
  return [{ type: 'customer', atMs, email: parseEmail(address), name: cleanName(name, NAME_MAX) }]
}
