import type { AuditValues } from './audit.ts'
import { isEqual } from './equality.ts'
import { toTimestamp } from './times.ts'

/** An object of the domain before or after a change. */
type Subject = object | null

/** The values to record. Those that name a customer are apart, so that they can be erased. */
export interface AuditChange {
  readonly before: AuditValues | null
  readonly after: AuditValues | null
  readonly personal: { readonly before?: AuditValues; readonly after?: AuditValues } | null
}

/** Fields that change with every update, or that only serve the program. */
const bookkeeping: ReadonlySet<string> = new Set(['version', 'createdAtMs', 'updatedAtMs'])

const activationFields = ['id', 'kind', 'value', 'name', 'isFree']
const seatFields = ['id', 'fingerprint', 'name', 'borrowedDays']

/** The fields of each noun that are recorded: keys, secrets, tokens and hashes are not among them. */
const recorded: Readonly<Record<string, readonly string[]>> = {
  license: [
    'keyMasked',
    'planSlug',
    'productSlug',
    'overrides',
    'customerEmail',
    'customerName',
    'metadata',
    'externalRef',
    'pendingDays',
    'expiresAtMs',
    'activatedAtMs',
    'suspendedAtMs',
    'suspensionReason',
    'suspensionCause',
    'revokedAtMs',
  ],
  activation: activationFields,
  seat: seatFields,
  file: ['id', 'activationIds', 'isFingerprintBound', 'domains', 'expiresAtMs', 'returnedAtMs'],
  operator: ['name', 'scopes', 'disabledAtMs'],
  session: ['scopes', 'userAgent'],
  portal_session: ['customerEmail', 'licenseId'],
  mail: ['kind', 'licenseId', 'fileId'],
  api_key: ['name', 'scopes', 'isReserved', 'expiresAtMs'],
  edge: ['name'],
  endpoint: ['url', 'events', 'description', 'state', 'secret'],
}

/** The fields of each noun that may name a customer. */
const personal: Readonly<Record<string, ReadonlySet<string>>> = {
  license: new Set(['customerEmail', 'customerName', 'metadata', 'suspensionReason']),
  activation: new Set(['value', 'name']),
  seat: new Set(['fingerprint', 'name']),
  file: new Set(['domains']),
  export: new Set(['customerEmail']),
  portal_session: new Set(['customerEmail']),
}

const wireNames: Readonly<Record<string, string>> = {
  keyMasked: 'key',
  planSlug: 'plan',
  productSlug: 'product',
  sha256: 'sha256',
}

/**
 * Returns the recorded fields of a `noun` that differ, in wire form; those that name a customer
 * are in `personal`. Null fields of what was created or deleted are left out. Returns null if
 * nothing that is recorded has changed.
 */
export function describeChange(noun: string, before: Subject, after: Subject): AuditChange | null {
  const was = toRecord(before)
  const is = toRecord(after)
  const sides = {
    before: { plain: null as Values | null, personal: null as Values | null },
    after: { plain: null as Values | null, personal: null as Values | null },
  }
  const add = (side: keyof typeof sides, name: string, value: unknown) => {
    const part = personal[noun]?.has(name) ? 'personal' : 'plain'
    const values = sides[side][part] ?? {}
    sides[side][part] = values
    values[toWireName(name)] = toWireValue(name, value)
  }
  for (const name of recorded[noun] ?? Object.keys(is ?? was ?? {})) {
    if (bookkeeping.has(name)) continue
    const [former, current] = [was?.[name] ?? null, is?.[name] ?? null]
    if (isEqual(former, current)) continue
    if (was !== null) add('before', name, former)
    if (is !== null) add('after', name, current)
  }
  const named = {
    ...(sides.before.personal && { before: sides.before.personal }),
    ...(sides.after.personal && { after: sides.after.personal }),
  }
  const isNamed = Object.keys(named).length > 0
  const { plain: plainBefore } = sides.before
  const { plain: plainAfter } = sides.after
  if (plainBefore === null && plainAfter === null && !isNamed) return null
  return { before: plainBefore, after: plainAfter, personal: isNamed ? named : null }
}

type Values = Record<string, unknown>

function toRecord(subject: Subject): Readonly<Values> | null {
  return subject === null ? null : { ...subject }
}

const knownNames = new Map<string, string>()

/** Returns `max_domains` for `maxDomains`, and `expires_at` for `expiresAtMs`. */
function toWireName(name: string): string {
  const known = knownNames.get(name)
  if (known !== undefined) return known
  const wireName =
    wireNames[name] ??
    name
      .replace(/AtMs$/, 'At')
      .replaceAll(/([A-Z]|(?<=\D)\d+)/g, (word) => `_${word.toLowerCase()}`)
  knownNames.set(name, wireName)
  return wireName
}

function toWireValue(name: string, value: unknown): unknown {
  if (name.endsWith('AtMs') && typeof value === 'number') return toTimestamp(value)
  if (name === 'metadata' || name === 'features') return value
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(entries.map(([key, each]) => [toWireName(key), toWireValue(key, each)]))
}
