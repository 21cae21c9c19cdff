import { beforeAll, expect, test } from 'bun:test'
import { DAY_MS } from '~/domain/times.ts'
import { START_LIMIT_MS, startDatabase } from '../../support/postgres.ts'
import { aDevice, buildCreation, startMs } from '../../support/samples.ts'
import { apply, createCatalog, issue } from '../contract/stores.ts'
import { createOpenStore } from './open-store.ts'

const openStore = createOpenStore((store) => store)
const nowMs = startMs + DAY_MS

beforeAll(startDatabase, START_LIMIT_MS)

test('PostgreSQL overview: licenses are counted by their status, and those that expire soon', async () => {
  await using opened = await openStore()
  const { store } = opened
  await createCatalog(store)
  const soon = { expiresAtMs: startMs + 9 * DAY_MS }
  const records = await issue(store, soon, soon, soon, { expiresAtMs: startMs + 1 }, {})
  const [suspended = '', revoked = ''] = records.map(({ license }) => license.id)
  const set = { suspendedAtMs: startMs }
  await apply(store, suspended, [{ type: 'license.update', licenseId: suspended, set }])
  const end = { revokedAtMs: startMs }
  await apply(store, revoked, [{ type: 'license.update', licenseId: revoked, set: end }])
  expect(await store.overview.countLicenses(nowMs)).toEqual({
    total: 5,
    revoked: 1,
    suspended: 1,
    expired: 1,
    expiring: [
      { count: 0, isComplete: true },
      { count: 1, isComplete: true },
      { count: 1, isComplete: true },
    ],
  })
  expect(await store.overview.countFailedMails()).toBe(0)
})

test('PostgreSQL overview: licenses of each plan, and those that use more than its limits, are counted', async () => {
  await using opened = await openStore()
  const { store } = opened
  await createCatalog(store, {}, { slug: 'unused' })
  const records = await issue(store, {}, {}, { overrides: { maxDevices: 5 } })
  for (const record of records.slice(1)) {
    const devices = ['one', 'two'].map((name) => buildCreation(aDevice(record, name)))
    await apply(store, record.license.id, devices)
  }
  expect(await store.overview.countByPlan()).toEqual([
    { planSlug: 'unused', count: 0, isComplete: true },
    { planSlug: 'professional', count: 3, isComplete: true },
  ])
  const limits = { maxDevices: 1, maxSeats: 1 }
  const effects = await store.overview.countOverLimits('professional', limits, nowMs)
  const ids = [records[1]?.license.id ?? '']
  expect(effects.find(({ limit }) => limit === 'maxDevices')).toEqual({
    limit: 'maxDevices',
    count: 1,
    isComplete: true,
    ids,
  })
  expect(effects.find(({ limit }) => limit === 'maxSeats')).toMatchObject({ count: 0, ids: [] })
})
