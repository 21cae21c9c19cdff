import { beginSchedule } from '~/domain/deliveries.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { insertRows, selectRow, selectRows } from './rows.ts'
import { deliveries, endpoints, events, fanOuts } from './schema.ts'

/** Deliveries that one transaction writes together with their events. */
const DIRECT_MAX = 100
/** Deliveries that one later transaction creates. */
const STEP_DELIVERIES = 100

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
async function insertDeliveries(tx: Tx, occurrences: readonly Occurrence[]): Promise<void> {
  const rows = occurrences.flatMap(({ id: eventId, type: eventType, timestampMs, endpointIds }) =>
    endpointIds.map((endpointId) => ({
      ...{ id: tx.createId('dlv'), eventId, eventType, endpointId, createdAtMs: timestampMs },
      ...beginSchedule(timestampMs),
    })),
  )
  await insertRows(tx, deliveries, rows, 'ON CONFLICT (event_id, endpoint_id) DO NOTHING')
}

/** Returns whether deliveries are still to be created. */
export async function isFanOutLeft(reading: Reading): Promise<boolean> {
  return (await selectRow(reading, fanOuts, ['position'], 'LIMIT 1')) !== null
}

/** Creates what is still to be created for one endpoint, in small transactions. */
export async function finishFanOut(engine: Engine, endpointId: string): Promise<void> {
  let after: number | null = (await isFanOutLeft(engine)) ? 0 : null
  while (after !== null) {
    const from: number = after
    after = await engine.transact(async (tx) => {
      const condition = 'WHERE last_event > $1 ORDER BY position LIMIT 1 FOR UPDATE'
      const range = await selectRow(tx, fanOuts, undefined, condition, [from])
      if (range === null) return null
      const firstEvent = Math.max(range.firstEvent, from + 1)
      const isReceiver = parseIds(range).includes(endpointId)
      return createDeliveries(tx, { ...range, firstEvent }, isReceiver ? [endpointId] : [])
    })
  }
}

/** Creates the next few deliveries, oldest events first, in the transaction that is running. */
export async function advanceFanOut(tx: Tx): Promise<void> {
  const range = await selectRow(tx, fanOuts, undefined, 'ORDER BY position LIMIT 1 FOR UPDATE')
  if (range === null) return
  const last = await createDeliveries(tx, range, parseIds(range))
  const { position } = range
  if (last === range.lastEvent) {
    await tx.client.unsafe('DELETE FROM fan_outs WHERE position = $1', [position])
  } else {
    const text = 'UPDATE fan_outs SET first_event = $2 WHERE position = $1'
    await tx.client.unsafe(text, [position, last + 1])
  }
}

type FanOut = typeof fanOuts.$inferSelect

const parseIds = ({ endpointIds }: FanOut) => JSON.parse(endpointIds) as string[]

/** Creates deliveries of the first few events of a range, and returns the position of the last one. */
async function createDeliveries(
  tx: Tx,
  { firstEvent, lastEvent }: FanOut,
  endpointIds: readonly string[],
): Promise<number> {
  const eventsMax = Math.ceil(STEP_DELIVERIES / Math.max(1, endpointIds.length))
  const last = Math.min(lastEvent, firstEvent + eventsMax - 1)
  const due = await selectRows(
    tx,
    events,
    ['id', 'type', 'timestampMs'],
    'WHERE position BETWEEN $1 AND $2 ORDER BY position',
    [firstEvent, last],
  )
  // An endpoint may have been deleted since then.
  const kept = await selectRows(
    tx,
    endpoints,
    ['id'],
    "WHERE state <> 'deleted' AND id = ANY($1::text::text[]) ORDER BY position",
    [formatArray(endpointIds)],
  )
  const receivers = kept.map(({ id }) => id)
  // The clock may have been set back since the event.
  const nowMs = tx.clock.nowMs()
  const occurrences = due.map((event) => ({
    ...event,
    timestampMs: Math.min(event.timestampMs, nowMs),
    endpointIds: receivers,
  }))
  await insertDeliveries(tx, occurrences)
  if (receivers.length > 0) tx.touched.touchesOutbox = true
  return last
}
