import { beforeAll, describe } from 'bun:test'
import { START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { activationsContract } from '../contract/activations.ts'
import { accessContract } from '../contract/api-keys.ts'
import { attemptsContract } from '../contract/attempts.ts'
import { auditContract } from '../contract/audit.ts'
import { checkoutContract } from '../contract/checkout.ts'
import { commitsContract } from '../contract/commits.ts'
import { customersContract } from '../contract/customers.ts'
import { eventsContract } from '../contract/events.ts'
import { fanOutContract } from '../contract/fan-out.ts'
import { idempotencyContract } from '../contract/idempotency.ts'
import { lastSeenContract } from '../contract/last-seen.ts'
import { licenseKeysContract } from '../contract/license-keys.ts'
import { licenseListsContract } from '../contract/license-lists.ts'
import { licenseSearchContract } from '../contract/license-search.ts'
import { licensesContract } from '../contract/licenses.ts'
import { outboxContract } from '../contract/outbox.ts'
import { portalContract } from '../contract/portal.ts'
import { catalogContract } from '../contract/products-and-plans.ts'
import { sessionsContract } from '../contract/sessions.ts'
import { signingContract } from '../contract/signing.ts'
import { slotsContract } from '../contract/slots.ts'
import { createOpenStore } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

const openStore = createOpenStore((store) => store)

describe('the PostgreSQL store', () => {
  catalogContract(openStore)
  accessContract(openStore)
  licensesContract(openStore)
  licenseKeysContract(openStore)
  licenseListsContract(openStore)
  licenseSearchContract(openStore)
  activationsContract(openStore)
  slotsContract(openStore)
  lastSeenContract(openStore)
  eventsContract(openStore)
  idempotencyContract(openStore)
  commitsContract(openStore)
  checkoutContract(openStore)
  customersContract(openStore)
  signingContract(openStore)
  auditContract(openStore)
  portalContract(openStore)
  outboxContract(openStore)
  attemptsContract(openStore)
  fanOutContract(openStore)
  sessionsContract(openStore)
})
