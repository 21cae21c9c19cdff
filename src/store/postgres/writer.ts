import type { Activation } from '~/domain/activations.ts'
import { findUseColumn } from '../shared/decisions.ts'
import type { Tx } from './engine.ts'
import { insertRows } from './rows.ts'
import { activations, licenses, searchWords } from './schema.ts'

/** By how much the numbers of activations in use change. */
export type Uses = Record<'domainsUsed' | 'freeDomainsUsed' | 'devicesUsed', number>

export type Writer = ReturnType<typeof createWriter>

/**
 * Sends the statements of a decision without waiting for each other, in the order of the calls. Rows of
 * which one decision may insert thousands are sent together, before the next other statement.
 */
export function createWriter(tx: Tx) {
  const sent: Promise<unknown>[] = []
  const uses = new Map<string, Uses>()
  let rows = createBuckets()

  function flush(): void {
    const { licenses: created, words, activations: taken } = rows
    rows = createBuckets()
    if (created.length > 0) sent.push(insertRows(tx, licenses, created))
    if (words.length > 0) sent.push(insertRows(tx, searchWords, words, 'ON CONFLICT DO NOTHING'))
    if (taken.length > 0) sent.push(insertRows(tx, activations, taken))
  }

  function countUse(activation: Activation, step: 1 | -1): void {
    const column = findUseColumn(activation)
    if (column === null) return
    const none = { domainsUsed: 0, freeDomainsUsed: 0, devicesUsed: 0 }
    uses.getOrInsert(activation.licenseId, none)[column] += step
  }

  return {
    /** By license. They are to be counted at the end. */
    uses: uses as ReadonlyMap<string, Uses>,
    /** Sends work, which is a single statement. */
    send(work: () => Promise<unknown>): void {
      flush()
      sent.push(work())
    },
    run(text: string, values: readonly unknown[]): void {
      flush()
      sent.push(tx.client.unsafe(text, [...values]))
    },
    insertLicense: (row: typeof licenses.$inferInsert) => void rows.licenses.push(row),
    insertWord: (row: typeof searchWords.$inferInsert) => void rows.words.push(row),
    insertActivation(activation: Activation): void {
      rows.activations.push(activation)
      countUse(activation, 1)
    },
    deleteActivation(activation: Activation): void {
      flush()
      sent.push(tx.client.unsafe('DELETE FROM activations WHERE id = $1', [activation.id]))
      countUse(activation, -1)
    },
    /** Resolves when all statements have run. */
    async end(): Promise<void> {
      flush()
      await Promise.all(sent)
    },
  }
}

function createBuckets() {
  return {
    licenses: [] as (typeof licenses.$inferInsert)[],
    words: [] as (typeof searchWords.$inferInsert)[],
    activations: [] as (typeof activations.$inferInsert)[],
  }
}
