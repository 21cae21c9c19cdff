import type {
  Attempt,
  DeliveryDecision,
  DeliveryFilter,
  DeliveryRecord,
  DeliverySnapshot,
} from '~/domain/deliveries.ts'
import type { EventRecord } from '~/domain/events.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Change, CommandContext } from './port.ts'

export interface Deliveries {
  list(endpointId: string, page: PageRequest): Promise<Page<DeliveryRecord>>
  /** Lists the deliveries to all endpoints, newest first by the time of their creation. */
  search(filter: DeliveryFilter, page: PageRequest): Promise<Page<DeliveryRecord>>
  find(id: string): Promise<DeliveryRecord | null>
  listAttempts(deliveryId: string): Promise<readonly Attempt[]>
  readonly change: Change<DeliveryRecord, DeliveryDecision, DeliverySnapshot>
}

/** The queue of pending deliveries. */
export interface Outbox {
  /**
   * Claims due deliveries of each enabled endpoint until the lease or the attempt ends, least busy
   * endpoints first. The claims of all processes count as under way. Writes nothing if nothing is due.
   */
  claim(claim: DeliveryClaim): Promise<readonly ClaimedDelivery[]>
  /** Counts the pending deliveries, up to 100,000, and finds the oldest of them. */
  measure(): Promise<{ readonly pending: number; readonly oldestCreatedAtMs: number | null }>
  /** Releases the claims of this process. */
  release(instanceId: string): Promise<void>
  /**
   * Reschedules what this endpoint has missed since then, one small transaction at a time so that
   * other requests are not delayed. Returns null if there is no such endpoint.
   */
  recover(
    endpointId: string,
    sinceMs: number,
    context: CommandContext<Recovered>,
  ): Promise<Recovered | null>
}

export interface Recovered {
  readonly recovered: number
}

export interface DeliveryClaim {
  readonly instanceId: string
  readonly nowMs: number
  readonly claimedUntilMs: number
  readonly totalMax: number
  readonly perEndpointMax: number
  /** The maximum for all failing endpoints together, of which each gets one attempt at a time. */
  readonly failingMax: number
}

export interface ClaimedDelivery extends DeliverySnapshot {
  readonly event: EventRecord
}
