import { beginSchedule } from '~/domain/deliveries.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import { formatLowestId } from '~/domain/ids.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { Recovered } from '../outbox-port.ts'
import type { CommandContext } from '../port.ts'
import { type RecoveryStep, recoverInSteps, STEP_EVENTS } from '../shared/delivery-recovery.ts'
import { hasFailed, toDelivery } from '../shared/delivery-rows.ts'
import { isMissed } from '../shared/endpoints.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import { upsertDeliveries } from './deliveries.ts'
import { LOCK, readEndpoint } from './endpoints.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { finishFanOut } from './fan-out.ts'
import { selectRow, selectRows } from './rows.ts'
import { deliveries, events } from './schema.ts'

/** Implements `Outbox.recover`. */
export async function recoverDeliveries(
  engine: Engine,
  endpointId: string,
  sinceMs: number,
  context: CommandContext<Recovered>,
): Promise<Recovered | null> {
  // Otherwise the deliveries that are still to be created would count as missed.
  await finishFanOut(engine, endpointId)
  const start = await findPositionBefore(engine, sinceMs)
  const recovered = await recoverInSteps(start, (from) =>
    engine.transact(async (tx) => {
      const endpoint = await readEndpoint(tx, endpointId, LOCK)
      return endpoint && recoverStep(tx, context, endpoint, from)
    }),
  )
  return runCommand<Recovered, Recovered | null>(engine, context, async (tx) =>
    (await readEndpoint(tx, endpointId)) === null ? null : { recovered },
  )
}

/**
 * Returns the position before the first event since then, or null if there is none. Ids are ordered
 * by time, but after a jump of the clock not by position, so both orders are searched.
 */
async function findPositionBefore(reading: Reading, sinceMs: number): Promise<number | null> {
  const lowestId = formatLowestId('evt', sinceMs)
  const select = (condition: string) =>
    selectRow(reading, events, ['position'], `WHERE id ${condition} LIMIT 1`, [lowestId])
  const first = await select('>= $1 ORDER BY id')
  const lastBefore = await select('< $1 ORDER BY position DESC')
  return first === null ? null : Math.min(first.position - 1, lastBefore?.position ?? 0)
}

/** Starts a new schedule for deliveries that failed, and for events without a delivery. */
async function recoverStep(
  tx: Tx,
  origin: Origin,
  endpoint: Endpoint,
  from: number,
): Promise<RecoveryStep> {
  const { id: endpointId } = endpoint
  const { nowMs } = origin
  const rows = await selectRows(
    tx,
    events,
    ['position', 'id', 'type'],
    'WHERE position > $1 ORDER BY position LIMIT $2',
    [from, STEP_EVENTS],
  )
  const known = await selectRows(
    tx,
    deliveries,
    undefined,
    'WHERE endpoint_id = $1 AND event_id = ANY($2::text::text[])',
    [endpointId, formatArray(rows.map(({ id }) => id))],
  )
  const byEvent = new Map(known.map((row) => [row.eventId, row]))
  const progress = beginSchedule(nowMs)
  const restarted = rows.flatMap(({ id: eventId, type: eventType }) => {
    const row = byEvent.get(eventId)
    if (row !== undefined) {
      return hasFailed(row) ? [{ delivery: { ...toDelivery(row), progress }, eventType }] : []
    }
    if (!isMissed(endpoint, eventType)) return []
    const created = { id: tx.createId('dlv'), eventId, endpointId, createdAtMs: nowMs, progress }
    return [{ delivery: created, eventType }]
  })
  await upsertDeliveries(tx, restarted)
  if (restarted.length > 0) recordAction(tx, origin, 'delivery.begin', endpointId)
  const last = rows.length < STEP_EVENTS ? undefined : rows.at(-1)
  return { recovered: restarted.length, nextPosition: last?.position ?? null }
}
