import { beforeAll, describe } from 'bun:test'
import { START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { storeContract } from '../contract/all.ts'
import { createOpenStore } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

describe('the PostgreSQL store', () => storeContract(createOpenStore((store) => store)))
