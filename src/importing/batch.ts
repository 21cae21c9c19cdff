import type { Deps } from '~/deps.ts'
import { shellActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { listActivationNames } from '~/domain/imported-activations.ts'
import { decideImport, type ImportOrder, type ImportOutcome } from '~/domain/imports.ts'
import type { KeyHashing } from '~/domain/key-hashes.ts'
import type { ImportTarget } from '~/store/imports-port.ts'
import type { Prepared } from './prepare.ts'
import type { ColumnMap, Source } from './source.ts'

/** Records per transaction. A server that uses the same database waits for each of them. */
const BATCH_RECORDS = 250

export type ImportDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId'>

export interface ImportOptions {
  readonly source: Source
  readonly path: string
  readonly columns: ColumnMap
  /** The first part of each `external_ref`. */
  readonly prefix: string
  /** Returns the slug of the plan that one of these names of the source is mapped to, or null. */
  readonly findPlan: (names: readonly string[]) => string | null
  readonly hashing: KeyHashing | null
  readonly updates: boolean
  /** Whether webhook endpoints receive the events. */
  readonly notifies: boolean
  readonly isDryRun: boolean
}

/** A record that is ready, with its line in the file. */
export interface Line {
  readonly line: number
  readonly prepared: Prepared
}

/** Writes a batch, or finds out what would be written, and returns the result for each record. */
export type WriteBatch = (lines: readonly Line[]) => Promise<readonly ImportOutcome[]>

/**
 * Collects records until the next one has the reference or key of one of them, and has to be decided after
 * it was written. Only records of activations may share a license.
 */
export function createBatch() {
  let lines: Line[] = []
  const licenses = new Set<string>()
  const activated = new Set<string>()
  const isTaken = (order: ImportOrder) =>
    licenses.has(order.externalRef) ||
    (order.kind === 'license' && (activated.has(order.externalRef) || licenses.has(order.keyHash)))
  return {
    isFullFor: (order: ImportOrder) => lines.length >= BATCH_RECORDS || isTaken(order),
    add: (line: Line) => {
      lines.push(line)
      const { order } = line.prepared
      if (order.kind === 'activations') activated.add(order.externalRef)
      else licenses.add(order.externalRef).add(order.keyHash)
    },
    take: () => {
      const taken = lines
      lines = []
      licenses.clear()
      activated.clear()
      return taken
    },
  }
}

/** Decides on what is committed first. Only if something changes, it decides again in a transaction. */
export function createWrite(
  { store, clock, createId }: ImportDeps,
  options: ImportOptions,
): WriteBatch {
  const { updates, notifies } = options
  return async (lines) => {
    if (lines.length === 0) return []
    const orders = lines.map(({ prepared }) => prepared.order)
    const nowMs = clock.nowMs()
    const rules = { updates, isSilent: !notifies, createId, nowMs }
    const targets = orders.map((order) => toTarget(order, options))
    const found = decideImport(orders, await store.imports.read(targets, nowMs), rules)
    if (found.changes.length === 0) return found.result
    const context = buildOwnContext(shellActor, nowMs)
    return await store.imports.apply(targets, context, (states) =>
      decideImport(orders, states, rules),
    )
  }
}

/** Returns what identifies a record in the database. Activations of licenses matter only for updates. */
export function toTarget(order: ImportOrder, { updates }: ImportOptions): ImportTarget {
  const { externalRef } = order
  if (order.kind === 'activations') {
    const activationNames = listActivationNames(order.activations)
    return { externalRef, keyHash: null, planSlug: null, activationNames }
  }
  const { keyHash, planSlug, license } = order
  const activationNames = updates ? listActivationNames(license.activations) : []
  return { externalRef, keyHash, planSlug, activationNames }
}
