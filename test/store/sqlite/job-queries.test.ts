import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { migrate } from '~/platform/sqlite-migrations.ts'
import type { Engine } from '~/store/sqlite/engine.ts'
import { createEvents } from '~/store/sqlite/events.ts'
import { createNotifyExpirations } from '~/store/sqlite/expirations.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { createOutbox } from '~/store/sqlite/outbox.ts'
import * as schema from '~/store/sqlite/schema.ts'
import { prepareStatements } from '~/store/sqlite/statements.ts'
import { startMs } from '../../support/samples.ts'
import { contextAt, decision } from '../contract/stores.ts'

const client = new Database(':memory:', { strict: true })
migrate(client, migrations)
const plans: string[] = []
const db = drizzle(client, {
  schema,
  logger: {
    logQuery: (sql, params) => {
      const statement = client.query<{ detail: string }, never[]>(`EXPLAIN QUERY PLAN ${sql}`)
      plans.push(...statement.all(...(params as never[])).map(({ detail }) => detail))
    },
  },
})
/** The parts of an engine that these queries need. */
const reading = { db, statements: prepareStatements(db) }
const engine = { ...reading, committed: reading } as Engine

test('the query for due deliveries reads only these from an index', async () => {
  plans.length = 0
  await createOutbox(engine).claim({
    instanceId: 'one',
    nowMs: startMs,
    claimedUntilMs: startMs,
    totalMax: 1,
    perEndpointMax: 1,
    failingMax: 1,
  })
  expect(plans).toEqual([
    'SCAN fan_outs',
    'SCAN endpoints',
    expect.stringContaining('INDEX deliveries_due ('),
  ])
})

test('the query for deliveries under way reads only the index of claims', () => {
  const sql = reading.statements.outbox.underWay.toString()
  const rows = client.query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`).all()
  expect(rows.map(({ detail }) => detail)).toEqual([
    expect.stringContaining('deliveries USING COVERING INDEX deliveries_claimed'),
    'USE TEMP B-TREE FOR GROUP BY',
  ])
})

test('events after an event are read by type from an index', async () => {
  plans.length = 0
  const types = ['webhook.test', 'webhook.disabled']
  const page = { limit: 9, after: null }
  await createEvents(engine).list({ types, afterEventId: 'evt_none' }, page)
  const walk = expect.stringContaining('INDEX events_by_type (type=? AND position>?)')
  expect(plans.filter((plan) => /events/.test(plan)).slice(-2)).toEqual([walk, walk])
  expect(plans).not.toContain('USE TEMP B-TREE FOR ORDER BY')
})

test('the queries for expirations read only those to be notified from an index, soonest first', async () => {
  plans.length = 0
  const notifyExpirations = createNotifyExpirations(engine)
  await notifyExpirations('expired', 1, contextAt(), () => decision(null))
  await notifyExpirations('expiring', 1, contextAt(), () => decision(null))
  expect(plans).toEqual([
    expect.stringContaining('INDEX licenses_to_expire (ends_at_ms<?)'),
    expect.stringContaining('INDEX licenses_to_warn (expires_at_ms<?)'),
  ])
})
