import { beforeAll, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { createSystemClock } from '~/platform/system-clock.ts'
import { connectPostgresStore } from '~/store/postgres/open.ts'
import { createMigratedSchema, START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { buildOptions } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

const WAIT_MS = 500

test('nodes: a heartbeat that had to wait is no sign of a clock that differs', async () => {
  await using scratch = await createMigratedSchema()
  const { url, schema } = scratch
  const store = connectPostgresStore(buildOptions(scratch, { clock: createSystemClock() }))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => store.close())
  await store.nodes.beat('first')
  await using other = new SQL({ url, max: 1, connection: { search_path: schema } })
  const { beating } = await other.begin(async (tx) => {
    await tx.unsafe('LOCK TABLE nodes IN ACCESS EXCLUSIVE MODE')
    const waiting = store.nodes.beat('second')
    await Bun.sleep(WAIT_MS)
    return { beating: waiting }
  })
  await beating
  expect(store.nodes.getClockSkewMs()).toBeWithin(-20, 20)
})
