import { prepareActivations } from './activations.ts'
import { prepareApiKeys } from './api-keys.ts'
import { prepareCommands } from './commands.ts'
import type { Db } from './connection.ts'
import { prepareChanges } from './decisions.ts'
import { prepareDeliveries } from './deliveries.ts'
import { prepareEndpoints } from './endpoints.ts'
import { prepareEvents } from './events.ts'
import { prepareExpirations } from './expirations.ts'
import { prepareFanOuts } from './fan-out.ts'
import { prepareLicenses } from './licenses.ts'
import { prepareOutbox } from './outbox.ts'
import { preparePlans } from './plans.ts'
import { prepareProducts } from './products.ts'
import { prepareSearchWords } from './search-words.ts'
import { prepareSeats } from './seats.ts'

/** Prepares every statement once: an unprepared drizzle query takes 44 µs instead of 7. */
export function prepareStatements(db: Db) {
  return {
    activations: prepareActivations(db),
    apiKeys: prepareApiKeys(db),
    changes: prepareChanges(db),
    commands: prepareCommands(db),
    deliveries: prepareDeliveries(db),
    endpoints: prepareEndpoints(db),
    events: prepareEvents(db),
    expirations: prepareExpirations(db),
    fanOuts: prepareFanOuts(db),
    licenses: prepareLicenses(db),
    outbox: prepareOutbox(db),
    plans: preparePlans(db),
    products: prepareProducts(db),
    searchWords: prepareSearchWords(db),
    seats: prepareSeats(db),
  }
}
