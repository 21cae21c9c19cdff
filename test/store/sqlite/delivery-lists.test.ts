import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import type { DeliveryFilter } from '~/domain/deliveries.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { startMs } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { countTurns } from '../../support/turns.ts'
import { readAllPages } from '../contract/stores.ts'
import { openSqlite } from './open-store.ts'

const DELIVERIES = 30_000
const types = ['license.created', 'license.updated', 'webhook.test'] as const

interface Row {
  readonly id: string
  readonly endpointId: string
  readonly type: string
  readonly status: string
  readonly createdAtMs: number
}

/** Returns deliveries whose times are not in the order of their positions, oldest position first. */
function buildRows(): Row[] {
  return Array.from({ length: DELIVERIES }, (_, index) => ({
    id: `dlv_${index}`,
    endpointId: `whk_${index % 17 === 0 ? 'deleted' : index % 3}`,
    type: types[index % 100 === 0 ? 2 : index % 2] ?? '',
    status: index % 13 === 0 ? 'failed' : index % 7 === 0 ? 'pending' : 'delivered',
    createdAtMs: startMs + ((index * 7919) % 5000),
  }))
}

function insertRows(directory: string, rows: readonly Row[]): void {
  using db = new Database(databasePath(directory), { strict: true })
  db.run('BEGIN')
  const endpoint = db.query(
    `INSERT INTO endpoints (id, url, events, state, secret_sealed, created_at_ms)
     VALUES ($id, 'https://hooks.example.com', '["*"]', $state, '', 0)`,
  )
  for (const name of ['0', '1', '2', 'deleted']) {
    endpoint.run({ id: `whk_${name}`, state: name === 'deleted' ? name : 'enabled' })
  }
  const event = db.query(
    `INSERT INTO events (id, type, timestamp_ms, data) VALUES ($eventId, $type, 0, '{}')`,
  )
  const delivery = db.query(
    `INSERT INTO deliveries
       (id, event_id, event_type, endpoint_id, created_at_ms, status, attempts, next_attempt_at_ms)
     VALUES ($id, $eventId, $type, $endpointId, $createdAtMs, $status, 1, iif($status = 'pending', 0, NULL))`,
  )
  for (const { id, type, ...rest } of rows) {
    event.run({ eventId: `evt of ${id}`, type })
    delivery.run({ id, eventId: `evt of ${id}`, type, ...rest })
  }
  db.run('COMMIT')
}

const parts: readonly (readonly [DeliveryFilter, (row: Row) => boolean])[] = [
  [{ status: 'failed' }, ({ status }) => status === 'failed'],
  [{ status: 'delivered' }, ({ status }) => status === 'delivered'],
  [{ endpointId: 'whk_1' }, ({ endpointId }) => endpointId === 'whk_1'],
  [{ endpointId: 'whk_deleted' }, () => false],
  [{ types: ['webhook.test'] }, ({ type }) => type === 'webhook.test'],
  [{ types: types.slice(0, 2) }, ({ type }) => type !== 'webhook.test'],
  [{ fromMs: startMs + 900 }, ({ createdAtMs }) => createdAtMs >= startMs + 900],
  [{ beforeMs: startMs + 950 }, ({ createdAtMs }) => createdAtMs < startMs + 950],
]

function* listCombinations(from = 0): Generator<readonly (typeof parts)[number][]> {
  yield []
  for (let index = from; index < parts.length; index += 1) {
    const part = parts[index]
    if (part === undefined) return
    for (const rest of listCombinations(index + 1)) yield [part, ...rest]
  }
}

test('delivery lists: every combination of filters finds the same deliveries as a look at each of them', async () => {
  const directory = createScratchDirectory()
  const store = openSqlite(directory)
  const rows = buildRows()
  insertRows(directory, rows)
  const newest = rows
    .map((row, position) => ({ ...row, position }))
    .filter(({ endpointId }) => endpointId !== 'whk_deleted')
    .sort((one, other) => other.createdAtMs - one.createdAtMs || other.position - one.position)
  for (const combination of listCombinations()) {
    const filter = Object.assign({}, ...combination.map(([part]) => part)) as DeliveryFilter
    // Two parts about one field are one: the later replaces the earlier.
    if (Object.keys(filter).length < combination.length) continue
    const expected = newest.filter((row) => combination.every(([, isMatch]) => isMatch(row)))
    const first = await store.deliveries.search(filter, { limit: 100, after: null })
    const ids = first.data.map(({ delivery }) => delivery.id)
    expect({ filter, ids }).toEqual({ filter, ids: expected.slice(0, 100).map(({ id }) => id) })
    if (first.nextAfter === null) continue
    const next = await store.deliveries.search(filter, { limit: 100, after: first.nextAfter })
    expect(next.data.map(({ delivery }) => delivery.id)).toEqual(
      expected.slice(100, 200).map(({ id }) => id),
    )
  }
  const all = await readAllPages((page) => store.deliveries.search({}, page), 1000)
  expect(all.map(({ delivery }) => delivery.id)).toEqual(newest.map(({ id }) => id))
  const forged = await store.deliveries.search({}, { limit: 1, after: 'x' })
  expect(forged.data).toEqual([])
  await store.close()
  rmSync(directory, { recursive: true })
})

test('delivery lists: a search that finds nothing among many takes several turns', async () => {
  const directory = createScratchDirectory()
  const store = openSqlite(directory)
  insertRows(
    directory,
    buildRows().map((row) => ({ ...row, endpointId: 'whk_0', status: 'delivered' })),
  )
  using client = new Database(databasePath(directory), { strict: true })
  client.run("UPDATE endpoints SET state = 'deleted' WHERE id = 'whk_0'")
  const { turns } = await countTurns(async () => {
    const { data } = await store.deliveries.search({}, { limit: 100, after: null })
    expect(data).toEqual([])
  })
  expect(turns).toBeGreaterThan(0)
  await store.close()
  rmSync(directory, { recursive: true })
})
