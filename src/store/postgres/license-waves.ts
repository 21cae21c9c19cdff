import { assert } from '~/assert.ts'
import type { ActivationQuery, LicenseState } from '~/domain/activations.ts'
import { type Change, type Decision, joinWrites } from '~/domain/decisions.ts'
import type { LicenseRecord, LicenseSnapshot } from '~/domain/licenses.ts'
import { findPostgresError } from '~/platform/postgres-errors.ts'
import type { Changed, CommandContext, Decide } from '../port.ts'
import { readActivationState } from './activation-state.ts'
import { type Origin, reserveResponse, storeResponse } from './commands.ts'
import { writeDecision } from './decisions.ts'
import type { Tx } from './engine.ts'
import { insertEvents, type RenderedEvent } from './events.ts'
import {
  type Counters,
  lockFreeRecords,
  lockRecords,
  type Records,
  requireRecord,
} from './licenses.ts'

/** A decision about one license. */
export interface LicenseCommand<Result> {
  readonly id: string
  readonly query: ActivationQuery
  readonly context: CommandContext<Changed<Result>>
  readonly decide: Decide<LicenseState & LicenseSnapshot, Result>
}

/** The commands about one license, in their order. */
export interface Line<Command extends LicenseCommand<unknown> = LicenseCommand<unknown>> {
  readonly id: string
  readonly commands: readonly Command[]
}

export type Outcome = { readonly changed: Changed<unknown> | null } | { readonly error: unknown }

interface Results<Command> {
  readonly outcomes: ReadonlyMap<Command, Outcome>
  /** Licenses that another transaction has locked. Their commands have no outcome. */
  readonly locked: ReadonlySet<string>
}

/**
 * Decides on several licenses in one transaction: first the first command about each, all together, then
 * the second ones, and so on. A command that is refused has written nothing, so the others stay.
 */
export async function decideTogether<Command extends LicenseCommand<unknown>>(
  tx: Tx,
  lines: readonly Line<Command>[],
  counters: Counters,
): Promise<Results<Command>> {
  const ids = lines.map(({ id }) => id)
  const [only] = ids
  // Several wait for no lock: one that is busy would hold up the others.
  const { records, locked } =
    only !== undefined && ids.length === 1
      ? { records: await lockRecords(tx, [only], counters), locked: new Set<string>() }
      : await lockFreeRecords(tx, ids, counters)
  const progress = { records: new Map(records), counters, events: [] as RenderedEvent[] }
  const outcomes = new Map<Command, Outcome>()
  const rest = lines.filter(({ id }) => !locked.has(id))
  const depth = Math.max(0, ...rest.map(({ commands }) => commands.length))
  for (let index = 0; index < depth; index += 1) {
    const wave = rest.flatMap(({ commands }) => commands[index] ?? [])
    await decideWave(tx, wave, progress, outcomes)
  }
  await insertEvents(tx, progress.events)
  return { outcomes, locked }
}

interface Progress {
  /** The licenses as the commands so far have left them. */
  readonly records: Map<string, LicenseRecord>
  readonly counters: Counters
  /** Those so far. They are written at the end, in one statement. */
  readonly events: RenderedEvent[]
}

/** Decides on at most one command about each license, and writes all decisions together. */
async function decideWave<Command extends LicenseCommand<unknown>>(
  tx: Tx,
  wave: readonly Command[],
  progress: Progress,
  outcomes: Map<Command, Outcome>,
): Promise<void> {
  const { records } = progress
  const decided = new Map<Command, Decision<unknown> | null>()
  const states = await Promise.allSettled(wave.map((command) => prepare(tx, command, records)))
  for (const [index, command] of wave.entries()) {
    try {
      const state = getValue(states[index])
      decided.set(command, state && command.decide(state))
    } catch (error) {
      // An error of the database has undone everything.
      if (findPostgresError(error) !== null) throw error
      outcomes.set(command, { error })
    }
  }
  await writeDecisions(tx, decided, progress)
  for (const [command, decision] of decided) {
    const changed = decision && { ...requireRecord(records, command.id), result: decision.result }
    outcomes.set(command, { changed })
  }
  // The others have a stored response already, and were refused for it.
  const ready = wave.filter((_, index) => states[index]?.status === 'fulfilled')
  await storeResponses(tx, ready, outcomes)
}

/** Returns what a decision needs; null if there is no such license. */
async function prepare(
  tx: Tx,
  { id, query, context: { idempotency, nowMs } }: LicenseCommand<unknown>,
  records: Records,
): Promise<(LicenseState & LicenseRecord) | null> {
  if (idempotency !== null) await reserveResponse(tx, idempotency, nowMs)
  const record = records.get(id)
  return record === undefined
    ? null
    : { ...record, ...(await readActivationState(tx, record, query)) }
}

function getValue<Value>(settled: PromiseSettledResult<Value> | undefined): Value {
  assert(settled !== undefined, 'each command has a state')
  if (settled.status === 'rejected') throw settled.reason
  return settled.value
}

/** Writes them all, and notes their events and what they have made of the licenses. */
async function writeDecisions(
  tx: Tx,
  decided: ReadonlyMap<LicenseCommand<unknown>, Decision<unknown> | null>,
  { records, counters, events }: Progress,
): Promise<void> {
  const contexts = new Map<string, Origin>()
  const written: Decision<unknown>[] = []
  for (const [{ id, context }, decision] of decided) {
    if (decision === null || isEmpty(decision)) continue
    contexts.set(id, context)
    written.push(decision)
  }
  const [first] = contexts.values()
  const originOf = (id: string | null) => {
    const origin = id === null ? first : contexts.get(id)
    assert(origin !== undefined, `the decision is about license ${id} alone`)
    return origin
  }
  if (written.length === 0) return
  const before = new Map([...contexts.keys()].map((id) => [id, requireRecord(records, id)]))
  const decision = { result: null, ...joinWrites(written), changes: joinChanges(written) }
  const known = { records: before, counters }
  const { readAfter, events: rendered } = await writeDecision(tx, originOf, decision, known)
  events.push(...rendered)
  for (const id of contexts.keys()) records.set(id, readAfter(id))
}

const isEmpty = ({ changes, events, mails = [] }: Decision<unknown>) =>
  changes.length + events.length + mails.length === 0

/**
 * Puts changes of the same kind next to each other, because they are written by one statement. Those of
 * each decision stay in order.
 */
function joinChanges(decisions: readonly Decision<unknown>[]): readonly Change[] {
  const depth = Math.max(0, ...decisions.map(({ changes }) => changes.length))
  return Array.from({ length: depth }, (_, index) =>
    decisions
      .flatMap(({ changes }) => changes[index] ?? [])
      .sort((one, other) => (one.type < other.type ? -1 : one.type > other.type ? 1 : 0)),
  ).flat()
}

async function storeResponses<Command extends LicenseCommand<unknown>>(
  tx: Tx,
  commands: readonly Command[],
  outcomes: ReadonlyMap<Command, Outcome>,
): Promise<void> {
  for (const command of commands) {
    const { idempotency } = command.context
    const outcome = outcomes.get(command)
    if (idempotency === null || outcome === undefined) continue
    const changed = 'error' in outcome ? null : outcome.changed
    await storeResponse(tx, idempotency, changed)
  }
}
