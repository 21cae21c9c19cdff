import { prepareActivations } from './activations.ts'
import { prepareApiKeys } from './api-keys.ts'
import { prepareAudit } from './audit.ts'
import { prepareChangeRows } from './change-rows.ts'
import { prepareCheckoutBodies } from './checkout-event-rows.ts'
import { prepareCheckoutEvents } from './checkout-events.ts'
import { prepareFacts } from './checkout-facts.ts'
import { preparePurchases } from './checkout-purchases.ts'
import { prepareRules } from './checkout-rules.ts'
import { prepareCommands } from './commands.ts'
import type { Db } from './connection.ts'
import { prepareChanges } from './decisions.ts'
import { prepareDeliveries } from './deliveries.ts'
import { prepareEdges } from './edges.ts'
import { prepareEndpoints } from './endpoints.ts'
import { prepareEvents } from './events.ts'
import { prepareExpirations } from './expirations.ts'
import { prepareFanOuts } from './fan-out.ts'
import { prepareImports } from './imports.ts'
import { prepareLicenseFiles } from './license-files.ts'
import { prepareLicenses } from './licenses.ts'
import { prepareMails } from './mails.ts'
import { prepareOperators } from './operators.ts'
import { prepareOutbox } from './outbox.ts'
import { preparePlans } from './plans.ts'
import { preparePortal } from './portal-sessions.ts'
import { prepareProducts } from './products.ts'
import { prepareRevocations } from './revocations.ts'
import { prepareSearchWords } from './search-words.ts'
import { prepareSeats } from './seats.ts'
import { prepareSessions } from './sessions.ts'

const prepares = {
  activations: prepareActivations,
  apiKeys: prepareApiKeys,
  audit: prepareAudit,
  changeRows: prepareChangeRows,
  changes: prepareChanges,
  checkoutBodies: prepareCheckoutBodies,
  checkoutEvents: prepareCheckoutEvents,
  checkoutFacts: prepareFacts,
  checkoutRules: prepareRules,
  commands: prepareCommands,
  deliveries: prepareDeliveries,
  edges: prepareEdges,
  endpoints: prepareEndpoints,
  events: prepareEvents,
  expirations: prepareExpirations,
  fanOuts: prepareFanOuts,
  imports: prepareImports,
  licenseFiles: prepareLicenseFiles,
  licenses: prepareLicenses,
  mails: prepareMails,
  operators: prepareOperators,
  outbox: prepareOutbox,
  plans: preparePlans,
  portal: preparePortal,
  products: prepareProducts,
  purchases: preparePurchases,
  revocations: prepareRevocations,
  searchWords: prepareSearchWords,
  seats: prepareSeats,
  sessions: prepareSessions,
} as const

type Prepares = typeof prepares
type Statements = { readonly [Noun in keyof Prepares]: ReturnType<Prepares[Noun]> }

/**
 * Prepares every statement once: an unprepared drizzle query takes 44 µs instead of 7. Those of a
 * noun are prepared when they are first used, so that the start does not wait for all of them.
 */
export function prepareStatements(db: Db): Statements {
  const statements = {}
  for (const [noun, prepare] of Object.entries(prepares)) {
    const define = (descriptor: PropertyDescriptor) =>
      Object.defineProperty(statements, noun, { configurable: true, ...descriptor })
    define({
      get: () => {
        const value = prepare(db)
        define({ value })
        return value
      },
    })
  }
  return statements as Statements
}
