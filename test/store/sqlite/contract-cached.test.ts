import { describe } from 'bun:test'
import { createCachedStore } from '~/store/cache.ts'
import { storeContract } from '../contract/all.ts'
import { createOpenStore } from './open-store.ts'

const options = { licensesMax: 1000, ttlMs: 300_000 }

describe('the cached store in front of SQLite', () =>
  storeContract(createOpenStore((store) => createCachedStore(store, options))))
