import {
  decideImport,
  type ImportOrder,
  type ImportOutcome,
  type ImportState,
} from '~/domain/imports.ts'
import { type ImportDeps, type ImportOptions, toTarget, type WriteBatch } from './batch.ts'

/**
 * Returns a function that finds out what an import would do, without writing anything. It remembers which
 * references and keys the file had before, in about 100 bytes per record.
 */
export function createRehearsal(
  { store, clock, createId }: ImportDeps,
  options: ImportOptions,
): WriteBatch {
  const { updates, notifies } = options
  const seen = new Map<number, number>()
  let record = 0

  function decide(order: ImportOrder, state: ImportState): ImportOutcome {
    record += 1
    const former = findFormer(order, state)
    if (former !== null) return former
    const rules = { updates, isSilent: !notifies, createId, nowMs: clock.nowMs() }
    const [outcome = refused('It was not decided.')] = decideImport([order], [state], rules).result
    if (outcome.kind === 'imported' && order.kind === 'license') {
      seen.set(hashName(order.externalRef), record)
      seen.set(hashName(order.keyHash), record)
    }
    return outcome
  }

  /** The result for a record that depends on an earlier one, which an import would have written. */
  function findFormer(order: ImportOrder, { existing, keyHolder }: ImportState) {
    if (existing !== null) return null
    const former = seen.get(hashName(order.externalRef))
    if (order.kind === 'activations') {
      return former === undefined
        ? null
        : ({ kind: 'changed', notes: [], activations: order.activations.length } as const)
    }
    const holder = keyHolder === null ? seen.get(hashName(order.keyHash)) : undefined
    if (former !== undefined) {
      const notes =
        former === holder ? [] : [`Record ${former} has the same ID, so the file has its ID twice.`]
      return { kind: 'existing', notes, activations: 0 } as const
    }
    return holder === undefined ? null : refused(`Its key is that of record ${holder} of the file.`)
  }

  return async (orders) => {
    const targets = orders.map((order) => toTarget(order, options))
    const states = await store.imports.read(targets, clock.nowMs())
    return orders.flatMap((order, index) => {
      const state = states[index]
      return state === undefined ? [] : decide(order, state)
    })
  }
}

function refused(note: string): ImportOutcome {
  return { kind: 'refused', notes: [note], activations: 0 }
}

/** Returns 52 bits, which tell a million records apart. */
function hashName(name: string): number {
  return Number(BigInt(Bun.hash(name)) >> 12n)
}
