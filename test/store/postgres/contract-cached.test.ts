import { beforeAll, describe } from 'bun:test'
import { createCachedStore } from '~/store/cache.ts'
import { START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { activationsContract } from '../contract/activations.ts'
import { accessContract } from '../contract/api-keys.ts'
import { commitsContract } from '../contract/commits.ts'
import { licenseKeysContract } from '../contract/license-keys.ts'
import { catalogContract } from '../contract/products-and-plans.ts'
import { createOpenStore } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

const options = { licensesMax: 1000, ttlMs: 300_000 }
const openStore = createOpenStore((store) => createCachedStore(store, options))

/** The reads that the cache answers from memory, and what they depend on. */
describe('the cached store in front of PostgreSQL', () => {
  catalogContract(openStore)
  accessContract(openStore)
  licenseKeysContract(openStore)
  activationsContract(openStore)
  commitsContract(openStore)
})
