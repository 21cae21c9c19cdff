import { assert } from '~/assert.ts'
import type { Delivery, DeliveryRecord, Progress } from '~/domain/deliveries.ts'

/** A delivery as it is stored, apart from its claim. */
export interface StoredDelivery extends Omit<Delivery, 'progress'> {
  readonly status: Progress['status']
  readonly attempts: number
  readonly nextAttemptAtMs: number | null
}

export function toDelivery(row: StoredDelivery): Delivery {
  const { id, eventId, endpointId, createdAtMs } = row
  return { id, eventId, endpointId, createdAtMs, progress: toProgress(row) }
}

export function toDeliveryRecord(
  row: StoredDelivery & { readonly eventType: string },
): DeliveryRecord {
  return { delivery: toDelivery(row), eventType: row.eventType }
}

function toProgress({ status, attempts, nextAttemptAtMs }: StoredDelivery): Progress {
  if (status !== 'pending') return { status, attempts }
  assert(nextAttemptAtMs !== null, 'a pending delivery has a next attempt')
  return { status, attempts, nextAttemptAtMs }
}

export function toProgressRow(progress: Progress) {
  const { status, attempts } = progress
  const nextAttemptAtMs = status === 'pending' ? progress.nextAttemptAtMs : null
  return { status, attempts, nextAttemptAtMs }
}

/** Whether a delivery is restarted when its endpoint works again. */
export function hasFailed({ status, attempts }: StoredDelivery): boolean {
  return status === 'failed' || (status === 'pending' && attempts > 0)
}
