import { beforeAll, describe, expect, test } from 'bun:test'
import { SQL } from 'bun'
import { Fault } from '~/domain/faults.ts'
import { decideReinstatement, decideRevocation, decideSuspension } from '~/domain/licenses.ts'
import { createCachedStore } from '~/store/cache.ts'
import type { Store } from '~/store/port.ts'
import { connectPostgresStore, openPostgresStore } from '~/store/postgres/open.ts'
import {
  createMigratedSchema,
  createScratchSchema,
  START_LIMIT_MS,
  startDatabase,
} from '../../support/postgres.ts'
import { aDomain, buildCreation, startMs } from '../../support/samples.ts'
import { changeOne, contextAt, decision, issueOne, touch } from '../contract/stores.ts'
import { buildOptions } from './open-store.ts'

beforeAll(startDatabase, START_LIMIT_MS)

const NODES = 3
const options = { licensesMax: 1000, ttlMs: 300_000 }

/** Opens several nodes with a cache each, on the same database. */
async function openNodes() {
  const scratch = await createMigratedSchema()
  const nodes = Array.from({ length: NODES }, () =>
    createCachedStore(connectPostgresStore(buildOptions(scratch)), options),
  )
  const [first] = nodes
  if (first === undefined) throw new Error('no node was opened')
  return {
    scratch,
    nodes,
    first,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => node.close()))
      await scratch[Symbol.asyncDispose]()
    },
  }
}

describe('several nodes', () => {
  test('once a suspension is acknowledged, no node answers as if the license were active', async () => {
    await using opened = await openNodes()
    const { nodes, first } = opened
    const { license } = await issueOne(first)
    const statesOf = () =>
      Promise.all(
        nodes.map(async (node) => {
          const found = await node.validations.findLicense(license.keyHash, startMs)
          return found?.license.suspendedAtMs ?? null
        }),
      )
    for (let round = 0; round < 30; round += 1) {
      for (let read = 0; read < 2; read += 1) {
        expect(await statesOf()).toEqual(nodes.map(() => null))
      }
      const node = nodes[round % NODES] ?? first
      await changeOne(node, license.id, (state) => decideSuspension(state, null, startMs))
      expect(await statesOf()).toEqual(nodes.map(() => startMs))
      await changeOne(node, license.id, (state) => decideReinstatement(state, startMs))
    }
    const hits = nodes.map(({ cacheFigures }) => cacheFigures.hits)
    expect(Math.min(...hits)).toBeGreaterThan(0)
  })

  test('a limit holds for all nodes together, and the rest is refused', async () => {
    await using opened = await openNodes()
    const { nodes, first } = opened
    const { license } = await issueOne(first, { maxDomains: 3 })
    const take = (store: Store, host: string) =>
      store.licenses.change(license.id, { intent: 'none' }, contextAt(), (subject) => {
        if (subject.license.domainsUsed >= 3) throw new Fault('in_use', 'Full.')
        return decision(null, [buildCreation(aDomain(subject, host))])
      })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 90 }, (_, index) =>
        take(nodes[index % NODES] ?? first, `host-${index}.io`),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect((await first.licenses.find(license.id))?.license.domainsUsed).toBe(3)
  })

  test('nodes that open an empty database at the same time migrate it once', async () => {
    await using scratch = await createScratchSchema()
    const stores = await Promise.all(
      Array.from({ length: NODES }, () => openPostgresStore(buildOptions(scratch))),
    )
    const [first] = stores
    if (first !== undefined) await issueOne(first)
    const any = await Promise.all(stores.map((store) => store.licenses.hasAny()))
    await Promise.all(stores.map((store) => store.close()))
    expect(any).toEqual(stores.map(() => true))
  })

  test('a database that was created with another master secret is refused', async () => {
    await using scratch = await createScratchSchema()
    const store = await openPostgresStore(buildOptions(scratch))
    await store.close()
    const other = openPostgresStore(buildOptions(scratch, { secretCheck: 'of another secret' }))
    await expect(other).rejects.toMatchObject({ kind: 'unavailable' })
  })

  test('after the database has ended all connections, the next commands and reads work', async () => {
    await using opened = await openNodes()
    const { first, scratch } = opened
    const { license } = await issueOne(first)
    const admin = new SQL({ url: scratch.url, max: 1 })
    await admin.unsafe(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = $1`,
      [`licet ${scratch.schema}`],
    )
    await admin.close({ timeout: 1 })
    const outcomes = await Promise.allSettled([touch(first, license.id), touch(first, license.id)])
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ kind: 'unavailable' })
    }
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length
    while (
      !(await first.ping().then(
        () => true,
        () => false,
      ))
    )
      await first.checkWrites()
    const changed = await changeOne(first, license.id, (state) =>
      decideRevocation(state, null, startMs),
    )
    expect(changed?.license.version).toBe(2 + done)
  })
})
