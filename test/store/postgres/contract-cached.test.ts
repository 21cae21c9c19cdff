import { beforeAll, describe } from 'bun:test'
import { createCachedStore } from '~/store/cache.ts'
import { START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { storeContract } from '../contract/all.ts'
import { createOpenStore } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

const options = { licensesMax: 1000, ttlMs: 300_000 }

describe('the cached store in front of PostgreSQL', () =>
  storeContract(createOpenStore((store) => createCachedStore(store, options))))
