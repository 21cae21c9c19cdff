import { activationsContract } from './activations.ts'
import { accessContract } from './api-keys.ts'
import { attemptsContract } from './attempts.ts'
import { auditContract } from './audit.ts'
import { changesContract } from './changes.ts'
import { checkoutContract } from './checkout.ts'
import { commitsContract } from './commits.ts'
import { customersContract } from './customers.ts'
import { edgesContract } from './edges.ts'
import { eventsContract } from './events.ts'
import { expirationsContract } from './expirations.ts'
import { fanOutContract } from './fan-out.ts'
import { idempotencyContract } from './idempotency.ts'
import { importsContract } from './imports.ts'
import { lastSeenContract } from './last-seen.ts'
import { licenseKeysContract } from './license-keys.ts'
import { licenseListsContract } from './license-lists.ts'
import { licenseSearchContract } from './license-search.ts'
import { licensesContract } from './licenses.ts'
import { longCommandsContract } from './long-commands.ts'
import { mailsContract } from './mails.ts'
import { nodesContract } from './nodes.ts'
import { outboxContract } from './outbox.ts'
import { portalContract } from './portal.ts'
import { catalogContract } from './products-and-plans.ts'
import { secretsContract } from './secrets.ts'
import { sessionsContract } from './sessions.ts'
import { signingContract } from './signing.ts'
import { slotsContract } from './slots.ts'
import type { OpenStore } from './stores.ts'
import { timeCorrectionsContract } from './time-corrections.ts'

/** The contract of every engine, with or without a cache in front of it. */
export function storeContract(openStore: OpenStore): void {
  catalogContract(openStore)
  accessContract(openStore)
  licensesContract(openStore)
  licenseKeysContract(openStore)
  licenseListsContract(openStore)
  licenseSearchContract(openStore)
  importsContract(openStore)
  activationsContract(openStore)
  slotsContract(openStore)
  lastSeenContract(openStore)
  eventsContract(openStore)
  outboxContract(openStore)
  attemptsContract(openStore)
  expirationsContract(openStore)
  fanOutContract(openStore)
  longCommandsContract(openStore)
  mailsContract(openStore)
  idempotencyContract(openStore)
  nodesContract(openStore)
  timeCorrectionsContract(openStore)
  commitsContract(openStore)
  changesContract(openStore)
  edgesContract(openStore)
  checkoutContract(openStore)
  customersContract(openStore)
  secretsContract(openStore)
  signingContract(openStore)
  auditContract(openStore)
  sessionsContract(openStore)
  portalContract(openStore)
}
