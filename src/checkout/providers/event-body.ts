import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Customer } from '~/domain/purchase-state.ts'
import type { PurchaseFact } from '~/domain/purchases.ts'
import { cleanName } from '~/domain/text.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { toFieldFault } from '~/wire/field-faults.ts'
import { Email, parseEmail } from '~/wire/fields.ts'
import { ignore, type News } from './provider.ts'

const NAME_MAX = 200

/** A field that a provider may omit or send as null. */
export const optional = <Schema extends TSchema>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

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

type OptionalText = string | null | undefined

/** Returns the customer as a fact; none without a valid address. */
export function buildCustomerFacts(
  atMs: number,
  email: OptionalText,
  name: OptionalText,
): PurchaseFact[] {
  const customer = parseCustomer(email, name)
  return customer === null ? [] : [{ type: 'customer', atMs, ...customer }]
}

/** Builds news of a customer that other events mention only by this reference. */
export function buildCustomerNews(ref: string, email: OptionalText, name: OptionalText): News {
  const customer = parseCustomer(email, name)
  return customer === null
    ? ignore('The customer has no valid email address.')
    : { kind: 'customer', ref, ...customer }
}

function parseCustomer(email: OptionalText, name: OptionalText): Customer | null {
  const address = email?.trim()
  if (!Value.Check(Email, address)) return null
  return { email: parseEmail(address), name: cleanName(name, NAME_MAX) }
}
