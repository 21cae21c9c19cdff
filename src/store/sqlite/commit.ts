import { eq, sql } from 'drizzle-orm'
import type { Activation } from '~/domain/activations.ts'
import type { Change, Decision } from '~/domain/decisions.ts'
import type { License } from '~/domain/licenses.ts'
import type { CommandContext, Commit, EventMaterial, LicenseRecord } from '../port.ts'
import type { Db } from './connection.ts'
import * as schema from './schema.ts'

/** What a command has found and decided, and how it reads back what became of it. */
export interface Outcome<Answer> {
  readonly decision: Decision<unknown>
  readonly answer: () => Answer
}

/** For decisions whose result says all there is to answer. */
export function outcomeOf<Result>(decision: Decision<Result>): Outcome<Result> {
  return { decision, answer: () => decision.result }
}

/** What the writer needs from the rest of the engine. */
export interface WriterParts {
  readonly createEventId: () => string
  readonly renderEvent: (material: EventMaterial) => string
  readonly readRecord: (licenseId: string) => LicenseRecord | null
}

export interface Writer {
  /** Writes one command's changes, events, audit and kept answer. Runs inside a transaction. */
  write<Answer>(context: CommandContext<Answer>, outcome: Outcome<Answer>): Answer
  /** What was touched since the last call, for those who keep copies. */
  takeCommit(): Commit
}

/** The only writer of events, audit and idempotency rows, and the only one the cache listens to. */
export function createWriter(db: Db, parts: WriterParts): Writer {
  let touched = emptyTouched()
  const sequence = db
    .update(schema.licenses)
    .set({ eventSequence: sql`event_sequence + 1` })
    .where(eq(schema.licenses.id, sql.placeholder('id')))
    .returning({ sequence: schema.licenses.eventSequence })
    .prepare()

  function write<Answer>(context: CommandContext<Answer>, outcome: Outcome<Answer>): Answer {
    const { decision } = outcome
    const befores = readBefores(decision, parts.readRecord)
    for (const change of decision.changes) {
      applyChange(db, change)
      noteTouched(change)
      appendAudit(context, change)
    }
    appendEvents(context, decision, befores)
    const answer = outcome.answer()
    keepAnswer(context, answer)
    return answer
  }

  function noteTouched(change: Change): void {
    const [noun] = change.type.split('.')
    if (noun === 'product' || noun === 'plan') touched.touchesCatalog = true
    if (noun === 'api_key') touched.touchesAccess = true
    if ('activation' in change) touched.activations.push(change.activation)
    if (noun === 'license' || noun === 'activation') touched.licenseIds.add(subjectOf(change))
  }

  function appendAudit(context: CommandContext<never>, change: Change): void {
    const { nowMs: atMs, actor, requestId } = context
    db.insert(schema.audit)
      .values({ atMs, actor, requestId, action: change.type, subjectId: subjectOf(change) })
      .run()
  }

  function appendEvents(
    { nowMs }: CommandContext<never>,
    { events }: Decision<unknown>,
    befores: ReadonlyMap<string, LicenseRecord | null>,
  ): void {
    for (const { type, licenseId, activation, extra = {} } of events) {
      const id = parts.createEventId()
      const after = licenseId === null ? null : parts.readRecord(licenseId)
      const before = licenseId === null ? null : (befores.get(licenseId) ?? null)
      const next = licenseId === null ? null : (sequence.get({ id: licenseId })?.sequence ?? null)
      const material = { before, after, sequence: next, activation, extra, nowMs }
      const data = parts.renderEvent(material)
      db.insert(schema.events)
        .values({ id, type, timestampMs: nowMs, licenseId, sequence: next, data })
        .run()
    }
  }

  function keepAnswer<Answer>({ idempotency }: CommandContext<Answer>, answer: Answer): void {
    if (idempotency === null) return
    const { keyHash, bodyHash, expiresAtMs, render } = idempotency
    const row = { keyHash, bodyHash, expiresAtMs, sealedAnswer: render(answer) }
    db.insert(schema.keptAnswers)
      .values(row)
      .onConflictDoUpdate({ target: schema.keptAnswers.keyHash, set: row })
      .run()
  }

  function takeCommit(): Commit {
    const { licenseIds, ...rest } = touched
    touched = emptyTouched()
    return { ...rest, licenseIds: [...licenseIds], isForeign: false }
  }

  return { write, takeCommit }
}

function emptyTouched() {
  return {
    licenseIds: new Set<string>(),
    activations: [] as Activation[],
    touchesCatalog: false,
    touchesAccess: false,
  }
}

/** The licenses as they were, for the events that tell what changed. */
function readBefores(
  { changes, events }: Decision<unknown>,
  readRecord: WriterParts['readRecord'],
): ReadonlyMap<string, LicenseRecord | null> {
  const created = new Set(
    changes.map((change) => (change.type === 'license.create' ? change.license.id : null)),
  )
  const befores = new Map<string, LicenseRecord | null>()
  for (const { licenseId } of events) {
    if (licenseId === null || created.has(licenseId) || befores.has(licenseId)) continue
    befores.set(licenseId, readRecord(licenseId))
  }
  return befores
}

function subjectOf(change: Change): string {
  switch (change.type) {
    case 'product.create':
    case 'product.update':
      return change.product.slug
    case 'plan.create':
    case 'plan.update':
      return change.plan.slug
    case 'plan.delete':
      return change.slug
    case 'api_key.create':
      return change.apiKey.id
    case 'api_key.revoke':
      return change.id
    case 'license.create':
      return change.license.id
    case 'license.update':
    case 'license.rekey':
      return change.licenseId
    case 'activation.create':
    case 'activation.delete':
      return change.activation.licenseId
    default:
      return change satisfies never
  }
}

function applyChange(db: Db, change: Change): void {
  switch (change.type) {
    case 'product.create':
      db.insert(schema.products).values(change.product).run()
      return
    case 'product.update': {
      const { slug, name } = change.product
      db.update(schema.products).set({ name }).where(eq(schema.products.slug, slug)).run()
      return
    }
    case 'plan.create': {
      const { slug, productSlug, ...terms } = change.plan
      db.insert(schema.plans).values({ slug, productSlug, terms }).run()
      return
    }
    case 'plan.update': {
      const { slug, productSlug: _fixed, ...terms } = change.plan
      db.update(schema.plans).set({ terms }).where(eq(schema.plans.slug, slug)).run()
      return
    }
    case 'plan.delete':
      db.delete(schema.plans).where(eq(schema.plans.slug, change.slug)).run()
      return
    case 'api_key.create':
      db.insert(schema.apiKeys)
        .values({ ...change.apiKey, tokenHash: change.tokenHash })
        .run()
      return
    case 'api_key.revoke':
      db.delete(schema.apiKeys).where(eq(schema.apiKeys.id, change.id)).run()
      return
    case 'license.create':
      db.insert(schema.licenses)
        .values({ ...change.license, ...foldedName(change.license), eventSequence: 0 })
        .run()
      return
    case 'license.update':
      db.update(schema.licenses)
        .set({ ...change.set, ...foldedName(change.set) })
        .where(eq(schema.licenses.id, change.licenseId))
        .run()
      return
    case 'license.rekey':
      rekey(db, change)
      return
    case 'activation.create':
      db.insert(schema.activations).values(change.activation).run()
      countInUse(db, change.activation, 1)
      return
    case 'activation.delete':
      db.delete(schema.activations).where(eq(schema.activations.id, change.activation.id)).run()
      countInUse(db, change.activation, -1)
      return
    default:
      change satisfies never
  }
}

function foldedName({ customerName }: Partial<Pick<License, 'customerName'>>) {
  return customerName === undefined
    ? {}
    : { customerNameFolded: customerName?.toLowerCase() ?? null }
}

/** One former key at most: a rotation ends an earlier overlap. */
function rekey(db: Db, change: Extract<Change, { type: 'license.rekey' }>): void {
  const { licenseId, key, formerValidUntilMs } = change
  db.delete(schema.formerKeys).where(eq(schema.formerKeys.licenseId, licenseId)).run()
  if (formerValidUntilMs !== null) {
    const former = sql`SELECT key_hash, id, ${formerValidUntilMs} FROM licenses WHERE id = ${licenseId}`
    db.run(sql`INSERT INTO former_keys (key_hash, license_id, valid_until_ms) ${former}`)
  }
  db.update(schema.licenses).set(key).where(eq(schema.licenses.id, licenseId)).run()
}

function countInUse(db: Db, { licenseId, kind, isFree }: Activation, step: 1 | -1): void {
  const column = kind === 'device' ? 'devicesUsed' : isFree ? 'freeDomainsUsed' : 'domainsUsed'
  db.update(schema.licenses)
    .set({ [column]: sql`${schema.licenses[column]} + ${step}` })
    .where(eq(schema.licenses.id, licenseId))
    .run()
}
