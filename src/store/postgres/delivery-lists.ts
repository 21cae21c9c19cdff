import type { DeliveryFilter, DeliveryRecord } from '~/domain/deliveries.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { formatArray } from '~/platform/postgres.ts'
import { toDeliveryRecord } from '../shared/delivery-rows.ts'
import { cutPage } from '../shared/pages.ts'
import type { Engine } from './engine.ts'
import { finishFanOut } from './fan-out.ts'
import { selectRows } from './rows.ts'
import { deliveries } from './schema.ts'

/** The place of a delivery in a list: a position alone is in another order if the clock jumps. */
interface Place {
  readonly atMs: number
  readonly position: number
}

/** Implements `Deliveries.search`. */
export async function searchDeliveries(
  engine: Engine,
  filter: DeliveryFilter,
  { limit, after }: PageRequest,
): Promise<Page<DeliveryRecord>> {
  const { status, endpointId, types, beforeMs, fromMs } = filter
  if (endpointId !== undefined) await finishFanOut(engine, endpointId)
  const values: (string | number)[] = []
  const give = (value: string | number) => {
    values.push(value)
    return `$${values.length}`
  }
  // A deleted endpoint has deliveries until the clean-up has deleted them.
  const conditions = ["endpoint_id NOT IN (SELECT id FROM endpoints WHERE state = 'deleted')"]
  if (status !== undefined) conditions.push(`status = ${give(status)}`)
  if (endpointId !== undefined) conditions.push(`endpoint_id = ${give(endpointId)}`)
  if (types !== undefined) {
    conditions.push(`event_type = ANY(${give(formatArray(types))}::text::text[])`)
  }
  if (fromMs !== undefined) conditions.push(`created_at_ms >= ${give(fromMs)}`)
  if (beforeMs !== undefined) conditions.push(`created_at_ms < ${give(beforeMs)}`)
  if (after !== null) {
    const { atMs, position } = parsePlace(after)
    const place = `(${give(atMs)}::bigint, ${give(position)}::bigint)`
    conditions.push(`(created_at_ms, position) < ${place}`)
  }
  const rows = await selectRows(
    engine,
    deliveries,
    undefined,
    `WHERE ${conditions.join(' AND ')}
     ORDER BY created_at_ms DESC, position DESC LIMIT ${give(limit + 1)}`,
    values,
  )
  const formatPlace = (row: (typeof rows)[number]) => `${row.createdAtMs}.${row.position}`
  return cutPage(rows, limit, formatPlace, toDeliveryRecord)
}

/** Cursors are opaque to callers, but a forged one must not reach SQL as NaN. */
function parsePlace(text: string): Place {
  const [, atMs, position] = /^(-?\d{1,15})\.(\d{1,15})$/.exec(text) ?? []
  return { atMs: Number(atMs ?? 0), position: Number(position ?? 0) }
}
