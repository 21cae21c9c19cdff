import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, jest, test } from 'bun:test'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import type { Activation } from '~/domain/activations.ts'
import { HOUR_MS } from '~/domain/times.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { createLastSeen, type LastSeen } from '~/store/sqlite/last-seen.ts'
import * as schema from '~/store/sqlite/schema.ts'
import { aDevice, aLicense, aPlan, startMs } from '../../support/samples.ts'

let client: Database
let lastSeen: LastSeen
let isFull: boolean
let transactions: number
let errors: unknown[]
let device: Activation

beforeEach(() => {
  jest.useFakeTimers()
  client = new Database(':memory:', { strict: true })
  migrate(client, migrations)
  client.run('PRAGMA foreign_keys = OFF')
  const db = drizzle(client, { schema })
  isFull = false
  transactions = 0
  errors = []
  lastSeen = createLastSeen(db, {
    transact: async (work) => {
      if (isFull) throw new Error('the disk is full')
      transactions += 1
      return work()
    },
    onError: (error) => errors.push(error),
  })
  const plan = aPlan()
  device = aDevice({ license: aLicense(plan), plan }, 'machine')
  db.insert(schema.activations).values(device).run()
})
afterEach(() => void jest.useRealTimers())

function readLastSeen(): number {
  const query = 'SELECT last_seen_at_ms AS atMs FROM activations'
  return (client.query<{ atMs: number }, []>(query).get()?.atMs ?? 0) - startMs
}

test('last seen: it is written within a second', async () => {
  lastSeen.recordActivation(device, startMs + HOUR_MS)
  expect(readLastSeen()).toBe(0)
  jest.advanceTimersByTime(1000)
  await Promise.resolve()
  expect(readLastSeen()).toBe(HOUR_MS)
  jest.advanceTimersByTime(5000)
  expect(transactions).toBe(1)
})

test('last seen: a write that fails is reported and repeated', async () => {
  isFull = true
  lastSeen.recordActivation(device, startMs + HOUR_MS)
  jest.advanceTimersByTime(1000)
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
  expect(errors).toHaveLength(1)
  isFull = false
  jest.advanceTimersByTime(1000)
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
  expect(readLastSeen()).toBe(HOUR_MS)
})

test('last seen: a pending time is written in a transaction that asks for it, and after a rollback', async () => {
  lastSeen.recordActivation(device, startMs + HOUR_MS)
  expect(lastSeen.writeIfPending(device)).toBe(false)
  client.run('BEGIN')
  expect(lastSeen.writeIfPending({ ...device, id: 'act_other' })).toBe(false)
  expect(lastSeen.writeIfPending({ ...device, lastSeenAtMs: startMs + HOUR_MS })).toBe(false)
  expect(lastSeen.writeIfPending(device)).toBe(true)
  expect(readLastSeen()).toBe(HOUR_MS)
  client.run('ROLLBACK')
  expect(readLastSeen()).toBe(0)
  await lastSeen.flush()
  expect(readLastSeen()).toBe(HOUR_MS)
})

test('last seen: one transaction writes at most 500 activations', async () => {
  for (let index = 0; index < 1200; index += 1) {
    lastSeen.recordActivation({ ...device, id: `act_${index}` }, startMs + HOUR_MS)
  }
  await lastSeen.flush()
  expect(transactions).toBe(3)
})

test('last use of an API key: it is known at once, and recorded at most once a minute', async () => {
  lastSeen.recordApiKey('key_a', startMs)
  lastSeen.recordApiKey('key_a', startMs + 59_999)
  expect(lastSeen.findApiKeyUse('key_a')).toBe(startMs)
  await lastSeen.flush()
  lastSeen.recordApiKey('key_a', startMs + 60_000)
  expect(lastSeen.findApiKeyUse('key_a')).toBe(startMs + 60_000)
})

test('last seen: closing writes it, and a failed last write is not repeated', async () => {
  lastSeen.recordActivation(device, startMs + HOUR_MS)
  isFull = true
  await expect(lastSeen.close()).rejects.toThrow('full')
  isFull = false
  jest.advanceTimersByTime(5000)
  expect(transactions).toBe(0)
})
