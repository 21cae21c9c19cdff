import { createClockMap, type Used } from '~/clock-map.ts'
import type { Buffer } from './buffer.ts'
import type { Usage } from './port.ts'
import { unavailable } from './unavailable.ts'

/** Runs whose last batch is in memory. */
const RUNS_MAX = 10_000

interface Parts {
  readonly add: Buffer['addEdgeBatch']
  readonly readLast: (edgeId: string, run: string) => Promise<number>
  readonly flush: () => Promise<void>
}

/**
 * Returns a function that adds the batches of edges to the buffer. It recognizes a repeated one, which
 * is neither counted nor kept in memory again. What decides in the end is the transaction in the file.
 */
export function createRecordEdgeBatch({ add, readLast, flush }: Parts): Usage['recordEdgeBatch'] {
  const known = createClockMap<string, Used & { readonly last: number }>(RUNS_MAX)

  return async (batch, records) => {
    const key = `${batch?.edgeId} ${batch?.run}`
    const stored = batch === null || known.get(key) ? 0 : await readLast(batch.edgeId, batch.run)
    // Another request with the same batch may have come meanwhile.
    const last = Math.max(stored, known.get(key)?.last ?? 0)
    if (batch === null || batch.number > last) {
      if (!add(batch, records)) throw unavailable('there is no room in memory')
      if (batch !== null) known.set(key, { last: batch.number, isUsed: false })
    }
    // Waits for a batch that is repeated while it is still in memory, too.
    await flush()
  }
}
