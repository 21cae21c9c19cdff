import { assert } from '~/assert.ts'
import type { Delivery, Progress } from '~/domain/deliveries.ts'
import type { deliveries } from './schema.ts'

export type DeliveryRow = typeof deliveries.$inferSelect

export function toDelivery(row: DeliveryRow): Delivery {
  const { id, eventId, endpointId, createdAtMs } = row
  return { id, eventId, endpointId, createdAtMs, progress: toProgress(row) }
}

function toProgress({ status, attempts, nextAttemptAtMs }: DeliveryRow): Progress {
  if (status !== 'pending') return { status, attempts }
  assert(nextAttemptAtMs !== null, 'a pending delivery has a next attempt')
  return { status, attempts, nextAttemptAtMs }
}
