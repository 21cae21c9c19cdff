import type { CommandContext } from '../port.ts'
import type { Recorder } from '../recorder.ts'
import type { ActivationReads } from './activations.ts'
import type { ApiKeyReads } from './api-keys.ts'
import type { CatalogReads } from './catalog.ts'
import type { Db } from './connection.ts'
import type { DeliveryReads } from './deliveries.ts'
import type { EndpointReads } from './endpoints.ts'
import type { EventReads } from './events.ts'
import type { HistoryClient } from './history-client.ts'
import type { LicenseReads } from './licenses.ts'
import type { Outcome } from './outcomes.ts'

/** The parts that each noun's methods are made of. Reads are synchronous, in and out of commands. */
export interface Engine {
  readonly db: Db
  readonly recorder: Recorder
  readonly history: HistoryClient
  readonly catalog: CatalogReads
  readonly access: ApiKeyReads
  readonly activations: ActivationReads
  readonly licenses: LicenseReads
  readonly events: EventReads
  readonly endpoints: EndpointReads
  readonly deliveries: DeliveryReads
  readonly createDeliveryId: () => string
  /** One command: `find` reads and decides inside the transaction; null answers null. */
  command<Answer>(
    context: CommandContext<Answer>,
    find: () => Outcome<Answer> | null,
  ): Promise<Answer | null>
  /** For housekeeping, which nobody is told of. */
  transact<Result>(work: () => Result): Promise<Result>
}
