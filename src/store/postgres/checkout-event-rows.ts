import type { Tx } from './engine.ts'

/** Makes the events due again that no rule or plan has matched. */
export async function wakeUnmatched({ client }: Tx, nowMs: number): Promise<void> {
  await client.unsafe(
    "UPDATE checkout_events SET next_attempt_at_ms = $1 WHERE state = 'unmatched'",
    [nowMs],
  )
}
