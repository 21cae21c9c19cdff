import { beforeAll, expect, test } from 'bun:test'
import { assert } from '~/assert.ts'
import { grantLease, startLeases } from '~/domain/edge-leases.ts'
import { buildEdge } from '~/domain/edges.ts'
import { closePool, openPool } from '~/platform/postgres.ts'
import type { Store } from '~/store/port.ts'
import { connectPostgresStore } from '~/store/postgres/open.ts'
import { createMigratedSchema, START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { createId, startMs } from '../../support/samples.ts'
import { readLatest } from '../contract/changes.ts'
import { contextAt } from '../contract/stores.ts'
import { buildOptions, createOpenStore } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

const openStore = createOpenStore((store) => store)
const edge = buildEdge({ id: createId('edge'), name: 'eu-1', createdAtMs: startMs })

function bookOf({ edgeLeases }: Store) {
  assert(edgeLeases !== null, 'servers that share a database know leases together')
  return edgeLeases
}

const grant = (store: Store, number: number, edgeId = edge.id) =>
  bookOf(store).change(edgeId, (known, nowMs) => {
    const poll = { process: `p.${number}`, receivedAtMs: nowMs, staleMs: 0 }
    const leases = grantLease(known ?? startLeases(nowMs), number, poll, nowMs)
    return { leases, result: nowMs }
  })

test('PostgreSQL edge leases: what servers grant at the same time is known to all of them, by the clock of the database', async () => {
  await using opened = await openStore()
  const { store } = opened
  const other = opened.openAnother()
  await store.edges.create(edge, 'token hash', contextAt())
  await readLatest(other)
  const times = await Promise.all(
    Array.from({ length: 20 }, (_, index) => grant(index % 2 === 0 ? store : other, index)),
  )
  const { nowMs, leases } = await bookOf(other).read()
  const numbers = leases.get(edge.id)?.grants.map(({ number }) => number)
  expect(numbers?.toSorted((one, two) => one - two)).toEqual(times.map((_, index) => index))
  expect(Math.abs(nowMs - Math.max(...times))).toBeLessThan(5000)
})

test('PostgreSQL edge leases: an edge that does not exist has none', async () => {
  await using opened = await openStore()
  const { store } = opened
  await grant(store, 7, 'edge_unknown')
  expect((await bookOf(store).read()).leases.size).toBe(0)
})

test('PostgreSQL edge leases: those of a former run of the database count as older than all changes', async () => {
  await using scratch = await createMigratedSchema()
  const store = connectPostgresStore(buildOptions(scratch))
  await store.edges.create(edge, 'token hash', contextAt())
  await grant(store, 7)
  const pool = openPool(scratch)
  await pool.unsafe(`UPDATE edge_leases SET body = replace(body, '"session":"', '"session":"x')`)
  await closePool(pool)
  const found = (await bookOf(store).read()).leases.get(edge.id)
  expect(found?.grants.map(({ number }) => number)).toEqual([0])
  await store.close()
})
