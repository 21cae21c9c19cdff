import type { CommandContext, ReadCounters } from '../port.ts'
import type { ActivationReads } from './activations.ts'
import type { ApiKeyReads } from './api-keys.ts'
import type { CatalogReads } from './catalog.ts'
import type { Db } from './connection.ts'
import type { DeliveryReads } from './deliveries.ts'
import type { EndpointReads } from './endpoints.ts'
import type { EventReads } from './events.ts'
import type { LastSeen } from './last-seen.ts'
import type { Counters, LicenseReads } from './licenses.ts'
import type { Outcome } from './outcomes.ts'

/** The parts that each noun's methods are made of. Reads are synchronous, in and out of commands. */
export interface Engine {
  readonly db: Db
  readonly lastSeen: LastSeen
  readonly readCounters: ReadCounters
  readonly catalog: CatalogReads
  readonly access: ApiKeyReads
  readonly activations: ActivationReads
  readonly licenses: LicenseReads
  readonly events: EventReads
  readonly endpoints: EndpointReads
  readonly deliveries: DeliveryReads
  readonly createDeliveryId: () => string
  /**
   * One command: `find` reads and decides inside the transaction; null answers null. Its events show
   * `counters`, which were read before the transaction.
   */
  command<Answer>(
    context: CommandContext<Answer>,
    find: () => Outcome<Answer> | null,
    counters?: Counters,
  ): Promise<Answer | null>
  /** For housekeeping, which nobody is told of. */
  transact<Result>(work: () => Result): Promise<Result>
}
