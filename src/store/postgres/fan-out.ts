import { beginSchedule } from '~/domain/deliveries.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { Tx } from './engine.ts'
import { insertRows, selectRow, selectRows } from './rows.ts'
import { deliveries, events, fanOuts } from './schema.ts'

/** Deliveries that one transaction writes together with their events. */
const DIRECT_MAX = 100

interface Occurrence {
  readonly id: string
  readonly type: string
  readonly timestampMs: number
  /** The endpoints that receive it. */
  readonly endpointIds: readonly string[]
}

/**
 * Writes a delivery of each event for each of its endpoints, in the transaction of the events. If there
 * are too many for one transaction, it writes what is to be created, and later steps create them.
 */
export async function fanOut(tx: Tx, occurrences: readonly Occurrence[]): Promise<void> {
  const { touched } = tx
  const received = occurrences.filter(({ endpointIds }) => endpointIds.length > 0)
  if (received.length === 0) return
  touched.touchesOutbox = true
  // Later events must not overtake those that wait.
  let isWaiting = (await selectRow(tx, fanOuts, ['position'], 'LIMIT 1')) !== null
  const direct: Occurrence[] = []
  const later: Occurrence[] = []
  for (const occurrence of received) {
    touched.deliveries += occurrence.endpointIds.length
    isWaiting ||= touched.deliveries > DIRECT_MAX
    if (isWaiting) later.push(occurrence)
    else direct.push(occurrence)
  }
  await insertDeliveries(tx, direct)
  if (later.length > 0) await insertFanOuts(tx, later)
}

async function insertFanOuts(tx: Tx, occurrences: readonly Occurrence[]): Promise<void> {
  const ids = formatArray(occurrences.map(({ id }) => id))
  const condition = 'WHERE id = ANY($1::text::text[])'
  const rows = await selectRows(tx, events, ['id', 'position'], condition, [ids])
  const positions = new Map(rows.map(({ id, position }) => [id, position]))
  const ranges: { firstEvent: number; lastEvent: number; endpointIds: string }[] = []
  for (const { id, endpointIds } of occurrences) {
    const position = positions.get(id) ?? 0
    const receivers = JSON.stringify(endpointIds)
    const last = ranges.at(-1)
    if (last?.lastEvent === position - 1 && last.endpointIds === receivers) {
      last.lastEvent = position
    } else ranges.push({ firstEvent: position, lastEvent: position, endpointIds: receivers })
  }
  await insertRows(tx, fanOuts, ranges)
}

/** Leaves out deliveries that were created in the meantime, on their own. */
export async function insertDeliveries(tx: Tx, occurrences: readonly Occurrence[]): Promise<void> {
  const rows = occurrences.flatMap(({ id: eventId, type: eventType, timestampMs, endpointIds }) =>
    endpointIds.map((endpointId) => ({
      ...{ id: tx.createId('dlv'), eventId, eventType, endpointId, createdAtMs: timestampMs },
      ...beginSchedule(timestampMs),
    })),
  )
  await insertRows(tx, deliveries, rows, 'ON CONFLICT (event_id, endpoint_id) DO NOTHING')
}
