import {
  decideImport,
  type ImportOrder,
  type ImportOutcome,
  type ImportState,
} from '~/domain/imports.ts'
import {
  type ImportDeps,
  type ImportOptions,
  type Line,
  toTarget,
  type WriteBatch,
} from './batch.ts'

/**
 * Returns a function that finds out what an import would do, without writing anything. It remembers the
 * lines of references and keys that the file had before, in about 100 bytes per record.
 */
export function createRehearsal(
  { store, clock, createId }: ImportDeps,
  options: ImportOptions,
): WriteBatch {
  const { updates, notifies } = options
  const seen = new Map<number, number>()

  function decide({ line, prepared: { order } }: Line, state: ImportState): ImportOutcome {
    const former = findFormer(order, state, line)
    if (former !== null) return former
    const rules = { updates, isSilent: !notifies, createId, nowMs: clock.nowMs() }
    const [outcome = refused('It was not decided.')] = decideImport([order], [state], rules).result
    if (outcome.kind === 'imported' && order.kind === 'license') {
      seen.set(hashName(order.externalRef), line)
      seen.set(hashName(order.keyHash), line)
    }
    return outcome
  }

  /** The result for a record that depends on an earlier one, which an import would have written. */
  function findFormer(order: ImportOrder, { existing, keyHolder }: ImportState, line: number) {
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
        former === holder ? [] : [`The file has its ID twice: see ${describePlace(former, line)}.`]
      return { kind: 'existing', notes, activations: 0 } as const
    }
    return holder === undefined
      ? null
      : refused(`Its key is that of ${describePlace(holder, line)}.`)
  }

  return async (lines) => {
    const targets = lines.map(({ prepared }) => toTarget(prepared.order, options))
    const states = await store.imports.read(targets, clock.nowMs())
    return lines.flatMap((line, index) => {
      const state = states[index]
      return state === undefined ? [] : decide(line, state)
    })
  }
}

/** Documents in JSON may have all their records in one line. */
const describePlace = (former: number, line: number) =>
  former === line ? 'an earlier record in this line' : `line ${former}`

function refused(note: string): ImportOutcome {
  return { kind: 'refused', notes: [note], activations: 0 }
}

/** Returns 52 bits, which tell a million records apart. */
function hashName(name: string): number {
  return Number(BigInt(Bun.hash(name)) >> 12n)
}
