import { describe } from 'bun:test'
import { storeContract } from '../contract/all.ts'
import { createOpenStore } from './open-store.ts'

describe('the SQLite store', () => storeContract(createOpenStore((store) => store)))
