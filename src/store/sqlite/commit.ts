import { eq, sql } from 'drizzle-orm'
import type { Activation } from '~/domain/activations.ts'
import type { Change, Decision } from '~/domain/decisions.ts'
import type { EventFacts } from '~/domain/events.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { CommandContext, Commit } from '../port.ts'
import { applyChange, subjectOf } from './changes.ts'
import type { Db } from './connection.ts'
import type { Counters } from './licenses.ts'
import type { OutboxWrites } from './outbox.ts'
import type { Outcome } from './outcomes.ts'
import * as schema from './schema.ts'

type AnyContext = Pick<CommandContext<never>, 'actor' | 'requestId' | 'nowMs'>

/** What the writer needs from the rest of the engine. */
export interface WriterParts {
  readonly createEventId: () => string
  readonly renderEvent: (material: EventFacts) => string
  readonly readRecord: (licenseId: string, counters: Counters) => LicenseRecord | null
  readonly outbox: OutboxWrites
}

export interface Writer {
  /** Writes one command's changes, events, audit and kept answer. Runs inside a transaction. */
  write<Answer>(
    context: CommandContext<Answer>,
    outcome: Outcome<Answer>,
    counters: Counters,
  ): Answer
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

  const append = db
    .insert(schema.events)
    .values({
      id: sql.placeholder('id'),
      type: sql.placeholder('type'),
      timestampMs: sql.placeholder('timestampMs'),
      licenseId: sql.placeholder('licenseId'),
      sequence: sql.placeholder('sequence'),
      data: sql.placeholder('data'),
    })
    .prepare()

  function write<Answer>(
    context: CommandContext<Answer>,
    outcome: Outcome<Answer>,
    counters: Counters,
  ): Answer {
    const { decision } = outcome
    const readRecord = (licenseId: string) => parts.readRecord(licenseId, counters)
    const befores = readBefores(decision, readRecord)
    for (const change of decision.changes) {
      applyChange(db, change)
      noteTouched(change)
      appendAudit(context, change)
    }
    appendEvents(context, decision, befores, readRecord)
    const answer = outcome.answer()
    storeResponse(context, answer)
    return answer
  }

  function noteTouched(change: Change): void {
    const [noun] = change.type.split('.')
    if (noun === 'product' || noun === 'plan') touched.touchesPlans = true
    if (noun === 'api_key') touched.touchesApiKeys = true
    // A try that has ended makes nothing due: what follows it is for the clock.
    if (noun === 'endpoint' || (noun === 'delivery' && change.type !== 'delivery.attempt')) {
      touched.touchesOutbox = true
    }
    if (noun === 'activation' && 'activation' in change) touched.activations.push(change.activation)
    if (noun === 'license' || noun === 'activation') touched.licenseIds.add(subjectOf(change))
  }

  function appendAudit({ nowMs: atMs, actor, requestId }: AnyContext, change: Change): void {
    if (isAutomatic(actor)) return
    db.insert(schema.audit)
      .values({ atMs, actor, requestId, action: change.type, subjectId: subjectOf(change) })
      .run()
  }

  function appendEvents(
    { nowMs }: AnyContext,
    { events }: Decision<unknown>,
    befores: ReadonlyMap<string, LicenseRecord | null>,
    readRecord: (licenseId: string) => LicenseRecord | null,
  ): void {
    for (const draft of events) {
      const { type, licenseId, activation, endpointId, extra = {} } = draft
      const after = licenseId === null ? null : readRecord(licenseId)
      const before = licenseId === null ? null : (befores.get(licenseId) ?? null)
      const next = licenseId === null ? null : (sequence.get({ id: licenseId })?.sequence ?? null)
      const id = parts.createEventId()
      const material = { before, after, sequence: next, activation, extra, nowMs }
      const data = parts.renderEvent(material)
      const event = { id, type, timestampMs: nowMs, licenseId, sequence: next, data }
      append.run(event)
      if (parts.outbox.fanOut(event, endpointId)) touched.touchesOutbox = true
    }
  }

  function storeResponse<Answer>({ idempotency }: CommandContext<Answer>, answer: Answer): void {
    if (idempotency === null) return
    const { keyHash, bodyHash, expiresAtMs, render } = idempotency
    const row = { keyHash, bodyHash, expiresAtMs, sealedResponse: render(answer) }
    db.insert(schema.storedResponses)
      .values(row)
      .onConflictDoUpdate({ target: schema.storedResponses.keyHash, set: row })
      .run()
  }

  function takeCommit(): Commit {
    const { licenseIds, ...rest } = touched
    touched = emptyTouched()
    return { ...rest, licenseIds: [...licenseIds], isExternal: false }
  }

  return { write, takeCommit }
}

/** Whoever acts in bulk and by rule is in the event log already. */
function isAutomatic(actor: string): boolean {
  return actor === 'app' || actor.startsWith('job:')
}

function emptyTouched() {
  return {
    licenseIds: new Set<string>(),
    activations: [] as Activation[],
    touchesPlans: false,
    touchesApiKeys: false,
    touchesOutbox: false,
  }
}

/** The licenses as they were, for the events that tell what changed. */
function readBefores(
  { changes, events }: Decision<unknown>,
  readRecord: (licenseId: string) => LicenseRecord | null,
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
