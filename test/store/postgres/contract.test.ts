import { describe } from 'bun:test'
import { accessContract } from '../contract/api-keys.ts'
import { createOpenStore } from './open-store.ts'

const openStore = createOpenStore((store) => store)

describe('the PostgreSQL store', () => {
  accessContract(openStore)
})
