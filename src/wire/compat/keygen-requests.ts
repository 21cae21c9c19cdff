import type { Static, TSchema } from '@sinclair/typebox'
import { Value, ValueErrorType } from '@sinclair/typebox/value'
import type { KeygenScope } from '~/domain/compat/keygen-validations.ts'
import { cleanName, countCharacters, isBlank } from '~/domain/text.ts'
import { FINGERPRINT_MAX } from '../fields.ts'
import { Type } from '../type.ts'
import { badRequest, unprocessable } from './keygen-errors.ts'

const SCOPE_ITEMS_MAX = 100
const SCOPE_TEXT_MAX = 300
const KEY_MAX = 8192
const NAME_MAX = 200
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** No database can store a NUL. */
const ScopeText = Type.String({ maxLength: SCOPE_TEXT_MAX, pattern: '^[^\\0]*$' })
const ScopeList = Type.Array(ScopeText, { maxItems: SCOPE_ITEMS_MAX })
const nullable = (schema: TSchema) => Type.Optional(Type.Union([schema, Type.Null()]))

/** Fields that Licet does not know are ignored, as in all requests of apps. */
const Scope = Type.Object({
  product: Type.Optional(ScopeText),
  policy: Type.Optional(ScopeText),
  user: Type.Optional(Type.Nullable(ScopeText)),
  environment: Type.Optional(Type.Nullable(ScopeText)),
  machine: Type.Optional(ScopeText),
  fingerprint: Type.Optional(ScopeText),
  fingerprints: Type.Optional(ScopeList),
  components: Type.Optional(ScopeList),
  entitlements: Type.Optional(ScopeList),
  version: Type.Optional(ScopeText),
})
export type Scope = Static<typeof Scope>

const checked = { nonce: Type.Optional(Type.Integer()), scope: Type.Optional(Scope) }

const ValidateKeyBody = Type.Object({
  meta: Type.Object({ key: Type.String({ minLength: 1, maxLength: KEY_MAX }), ...checked }),
})
const ValidateBody = Type.Object({ meta: Type.Optional(Type.Object(checked)) })

const reference = (type: string) =>
  Type.Object({
    data: Type.Object({
      type: Type.Union([Type.Literal(type), Type.Literal(`${type}s`)]),
      id: Type.String({ maxLength: SCOPE_TEXT_MAX }),
    }),
  })

const CreateMachineBody = Type.Object({
  data: Type.Object({
    type: Type.Union([Type.Literal('machines'), Type.Literal('machine')]),
    id: Type.Optional(Type.String()),
    attributes: Type.Object({
      fingerprint: Type.String(),
      name: nullable(Type.String()),
      ip: nullable(Type.String()),
      hostname: nullable(Type.String()),
      platform: nullable(Type.String()),
      cores: nullable(Type.Integer()),
    }),
    relationships: Type.Object({ license: reference('license') }),
  }),
})

/** The part of a validation that the response repeats. */
export interface Validation {
  readonly nonce: number | undefined
  readonly scope: Scope | undefined
}

export interface KeyValidation extends Validation {
  readonly key: string
}

/** Parses `{"meta": {"key": …, "nonce": …, "scope": {…}}}`. Throws a KeygenError for anything else. */
export function parseKeyValidation(body: unknown): KeyValidation {
  const { key, nonce, scope } = check(ValidateKeyBody, body).meta
  return { key, nonce, scope }
}

/** Parses the same without a key. The body may be empty. */
export function parseValidation(body: unknown): Validation {
  const { nonce, scope } = check(ValidateBody, body).meta ?? {}
  return { nonce, scope }
}

/** A machine as the app has described it. */
export interface MachineDraft {
  /** The ID that the app has chosen; null if it has chosen none. */
  readonly id: string | null
  readonly licenseId: string
  readonly fingerprint: string
  readonly name: string | null
  readonly hostname: string | null
  readonly platform: string | null
  readonly ip: string | null
  readonly cores: number | null
}

/** Throws a KeygenError for a body that describes no machine. */
export function parseMachine(body: unknown): MachineDraft {
  const { id = null, attributes, relationships } = check(CreateMachineBody, body).data
  const { fingerprint } = attributes
  const text = (value: unknown) => (typeof value === 'string' ? cleanName(value, NAME_MAX) : null)
  requireFingerprint(fingerprint)
  if (id !== null && id !== '' && !UUID.test(id)) {
    throw badRequest('type mismatch (received string expected UUID string)', '/data/id')
  }
  return {
    id: id === '' ? null : (id?.toLowerCase() ?? null),
    licenseId: relationships.license.data.id,
    fingerprint,
    name: text(attributes.name),
    hostname: text(attributes.hostname),
    platform: text(attributes.platform),
    ip: text(attributes.ip),
    cores: typeof attributes.cores === 'number' ? attributes.cores : null,
  }
}

function requireFingerprint(fingerprint: string): void {
  const pointer = '/data/attributes/fingerprint'
  if (isBlank(fingerprint)) {
    throw unprocessable('FINGERPRINT_MISSING', "can't be blank", pointer)
  }
  if (countCharacters(fingerprint) > FINGERPRINT_MAX) {
    const detail = `is too long (maximum is ${FINGERPRINT_MAX} characters)`
    throw unprocessable('FINGERPRINT_TOO_LONG', detail, pointer)
  }
  if (fingerprint.includes('\0') || !fingerprint.isWellFormed()) {
    throw unprocessable('FINGERPRINT_INVALID', 'is invalid', pointer)
  }
}

/** Returns a scope as the decision reads it. A scope without members requires nothing. */
export function toScope(scope: Scope = {}): KeygenScope {
  const { fingerprint, fingerprints, ...rest } = scope
  const all = fingerprint === undefined ? fingerprints : [fingerprint]
  const { product, policy, user, environment, machine, components, entitlements } = rest
  return {
    ...{ product, policy, user, environment, machine, components, entitlements },
    fingerprints: all && [...new Set(all)].filter((text) => text !== ''),
    hasFingerprint: fingerprint !== undefined,
  }
}

/** Returns the body if it matches the schema. Throws a KeygenError that points to the first flaw. */
export function check<Schema extends TSchema>(schema: Schema, given: unknown): Static<Schema> {
  const body = given ?? {}
  if (Value.Check(schema, body)) return body
  const flaw = Value.Errors(schema, body).First()
  throw badRequest(describeFlaw(flaw), flaw?.path ?? '')
}

interface Flaw {
  readonly type: ValueErrorType
  readonly value: unknown
  readonly schema: TSchema
}

/** Describes a flaw as Keygen does. */
function describeFlaw(flaw: Flaw | undefined): string {
  if (flaw === undefined || flaw.value === undefined) return 'is missing'
  if (flaw.value === null) return 'cannot be null'
  const words = listWords(flaw.schema)
  if (words !== null && typeof flaw.value === 'string') return `must be one of: ${words.join(', ')}`
  if (flaw.type === ValueErrorType.StringMinLength) return 'cannot be blank'
  if (flaw.type === ValueErrorType.StringMaxLength) return 'is too long'
  if (flaw.type === ValueErrorType.ArrayMaxItems) return 'has too many items'
  const expected = nameSchema(flaw.schema)
  const received = nameValue(flaw.value)
  return received === expected
    ? 'is invalid'
    : `type mismatch (received ${received} expected ${expected})`
}

/** Returns the words of a union of literals; null for any other schema. */
function listWords({ anyOf }: TSchema): readonly string[] | null {
  if (!Array.isArray(anyOf)) return null
  const words = anyOf.map((schema: TSchema) => schema.const)
  return words.every((word) => typeof word === 'string') ? words : null
}

function nameSchema({ type, anyOf }: TSchema): string {
  if (Array.isArray(anyOf)) return nameSchema(anyOf[0])
  return type === undefined ? 'string' : String(type)
}

function nameValue(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}
