import type { Reading } from './engine.ts'

/** Returns the time up to which the validations of all edges have arrived; null if there are no edges. */
export async function readUsageUntil({ client }: Reading): Promise<number | null> {
  const [row] = await client.unsafe<{ untilMs: string | null }[]>(
    'SELECT min(usage_until_ms) AS "untilMs" FROM edges',
  )
  return row?.untilMs ? Number(row.untilMs) : null
}
