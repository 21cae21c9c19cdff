import { beforeAll, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { connectPostgresStore } from '~/store/postgres/open.ts'
import { createMigratedSchema, START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { startMs } from '../../support/samples.ts'
import { issueOne } from '../contract/stores.ts'
import { buildOptions } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

const WAITING = `SELECT FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`

test('imports: a license that another import adds during a read is not one that has the key of another license', async () => {
  await using scratch = await createMigratedSchema()
  const { url, schema } = scratch
  const store = connectPostgresStore(buildOptions(scratch))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => store.close())
  const { license } = await issueOne(store)
  const keyHash = 'imported'
  const target = { externalRef: 'csv:1', keyHash, planSlug: null, activationNames: [] }
  await using other = new SQL({ url, max: 1, connection: { search_path: schema } })
  await using observer = new SQL({ url, max: 1 })
  const reading = await other.begin(async (tx) => {
    // The lookup of keys waits for this lock, and that of references does not.
    await tx.unsafe('LOCK TABLE former_keys IN ACCESS EXCLUSIVE MODE')
    const states = store.imports.read([target], startMs)
    while ((await observer.unsafe(WAITING, [`licet ${schema}`])).length === 0) await Bun.sleep(5)
    await tx.unsafe('UPDATE licenses SET external_ref = $2, key_hash = $3 WHERE id = $1', [
      license.id,
      target.externalRef,
      keyHash,
    ])
    return { states }
  })
  const [state] = await reading.states
  expect(state?.keyHolder?.id).toBe(license.id)
  expect(state?.existing?.license.id).toBe(license.id)
})
