import type { Change, Decision } from '~/domain/decisions.ts'
import { applyChange } from './changes.ts'
import { type Origin, recordAction } from './commands.ts'
import type { Engine } from './engine.ts'
import { appendEvent } from './events.ts'
import { type Counters, noCounters, readRecord } from './licenses.ts'

/**
 * Writes what a rule has decided, inside the transaction that is running, and returns its result.
 * The events contain the usage counters, which were read before the transaction.
 */
export function applyDecision<Result>(
  engine: Engine,
  origin: Origin,
  { result, changes, events }: Decision<Result>,
  counters: Counters = noCounters,
): Result {
  const created = new Set(
    changes.map((change) => (change.type === 'license.create' ? change.license.id : null)),
  )
  const readLicense = (id: string | null) => (id === null ? null : readRecord(engine, id, counters))
  const before = new Map(
    events.map(({ licenseId: id }) => [id, created.has(id) ? null : readLicense(id)]),
  )
  for (const change of changes) {
    applyChange(engine.db, change)
    recordAction(engine, origin, change.type, getLicenseId(change))
    if ('activation' in change) engine.touched.activations.push(change.activation)
  }
  for (const draft of events) {
    const { licenseId: id } = draft
    const facts = { before: before.get(id) ?? null, after: readLicense(id) }
    appendEvent(engine, draft, origin.nowMs, facts)
  }
  return result
}

function getLicenseId(change: Change): string {
  if ('license' in change) return change.license.id
  if ('licenseId' in change) return change.licenseId
  return 'activation' in change ? change.activation.licenseId : change.seat.licenseId
}
