import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { announceExpiries } from '~/jobs/announce-expiries.ts'
import { expireLicenses } from '~/jobs/expire-licenses.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { eventTypesIn } from '../support/database.ts'
import { runJob } from '../support/jobs.ts'

const DAY_MS = 86_400_000
const DUE = 10_000

const sweep = ({ deps }: TestApp) => runJob(expireLicenses, deps)
const announce = ({ deps }: TestApp) => runJob(announceExpiries, deps)

/** Copies rows, because creating ten thousand licenses over HTTP would take seconds. */
async function createDue(app: TestApp, count: number): Promise<void> {
  await app.createLicense({ expires_at: '2026-03-07T00:00:00Z' })
  using db = new Database(databasePath(app.directory), { strict: true })
  const copyRows = (table: string, unique: readonly string[]) => {
    const columns = db
      .query<{ name: string }, [string]>('SELECT name FROM pragma_table_info(?)')
      .all(table)
      .map(({ name }) => name)
      .filter((name) => name !== 'position')
    const values = columns.map((name) => (unique.includes(name) ? `${name} || n` : name))
    db.run(
      `WITH RECURSIVE copies (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM copies WHERE n < ?)
       INSERT INTO ${table} (${columns}) SELECT ${values} FROM ${table} JOIN copies`,
      [count],
    )
  }
  copyRows('licenses', ['id', 'key_hash'])
  copyRows('events', ['id', 'license_id'])
}

describe('license.expired', () => {
  test('license.expired is emitted once, exactly when the license expires', async () => {
    await using app = await openTestApp()
    const { id } = await app.createLicense({ expires_at: '2026-03-07T00:00:00Z' })
    app.clock.advanceMs(DAY_MS - 1)
    expect(await sweep(app)).toBe(0)
    app.clock.advanceMs(1)
    expect(await sweep(app)).toBe(1)
    expect(await sweep(app)).toBe(0)
    expect(await app.eventTypesOf(id)).toEqual(['license.created', 'license.expired'])
    const events = await app.send('GET', '/api/v1/events?type=license.expired')
    expect(events.body.data[0].data).toMatchObject({
      license: { status: 'expired' },
      previous: { status: 'active' },
    })
    const { body } = await app.send('GET', `/api/v1/licenses/${id}/events`)
    expect(body.data[0].data.license).toMatchObject({ status: 'expired', version: 1 })
  })

  test('license.expired is emitted after the grace period, and again after a renewal', async () => {
    await using app = await openTestApp()
    await app.send('PUT', '/api/v1/plans/starter', { grace_days: 3 })
    const order = { plan: 'starter', expires_at: '2026-03-07T00:00:00Z' }
    const { id } = await app.createLicense(order)
    app.clock.advanceMs(2 * DAY_MS)
    expect(await sweep(app)).toBe(0)
    app.clock.advanceMs(2 * DAY_MS)
    expect(await sweep(app)).toBe(1)
    await app.send('POST', `/api/v1/licenses/${id}/renew`, { days: 1 })
    expect(await sweep(app)).toBe(0)
    app.clock.advanceMs(4 * DAY_MS)
    expect(await sweep(app)).toBe(1)
    const types = await app.eventTypesOf(id)
    expect(types.filter((type) => type === 'license.expired')).toHaveLength(2)
  })

  test('license.expired waits for the end of a suspension and is never emitted once revoked', async () => {
    await using app = await openTestApp()
    const order = { expires_at: '2026-03-07T00:00:00Z' }
    const [suspended, revoked] = [await app.createLicense(order), await app.createLicense(order)]
    await app.send('POST', `/api/v1/licenses/${suspended.id}/suspend`)
    await app.send('POST', `/api/v1/licenses/${revoked.id}/revoke`)
    app.clock.advanceMs(2 * DAY_MS)
    expect(await sweep(app)).toBe(0)
    await app.send('POST', `/api/v1/licenses/${suspended.id}/reinstate`)
    expect(await sweep(app)).toBe(1)
    expect(await app.eventTypesOf(suspended.id)).toContain('license.expired')
    expect(await app.eventTypesOf(revoked.id)).not.toContain('license.expired')
  })

  test(`license.expired is emitted once each by two concurrent runs over ${DUE} licenses`, async () => {
    await using app = await openTestApp()
    await createDue(app, DUE)
    app.clock.advanceMs(2 * DAY_MS)
    const [one, other] = await Promise.all([sweep(app), sweep(app)])
    expect(one + other).toBe(DUE)
    const types = eventTypesIn(app.directory)
    expect(types.filter((type) => type === 'license.expired')).toHaveLength(DUE)
  })

  test('a validation returns LICENSE_EXPIRED before the job has run', async () => {
    await using app = await openTestApp()
    const { key } = await app.createLicense({ expires_at: '2026-03-07T00:00:00Z' })
    app.clock.advanceMs(DAY_MS)
    const { body } = await app.validate({ key })
    expect(body.error).toBe('LICENSE_EXPIRED')
  })

  test('expire-licenses leaves due licenses to the next run once it is aborted', async () => {
    await using app = await openTestApp()
    await createDue(app, 100)
    app.clock.advanceMs(2 * DAY_MS)
    expect(await expireLicenses.run(app.deps, AbortSignal.abort())).toBe(0)
    expect(await sweep(app)).toBe(100)
  })
})

describe('license.expiring', () => {
  test('license.expiring is emitted once, 14 days before the license expires', async () => {
    await using app = await openTestApp()
    const { id } = await app.createLicense({ expires_at: '2026-04-06T00:00:00Z' })
    app.clock.advanceMs(17 * DAY_MS - 1)
    expect(await announce(app)).toBe(0)
    app.clock.advanceMs(1)
    expect(await announce(app)).toBe(1)
    app.clock.advanceMs(DAY_MS)
    expect(await announce(app)).toBe(0)
    expect(await app.eventTypesOf(id)).toEqual(['license.created', 'license.expiring'])
  })

  test('license.expiring is emitted again after a renewal', async () => {
    await using app = await openTestApp()
    const { id } = await app.createLicense({ expires_at: '2026-03-16T00:00:00Z' })
    expect(await announce(app)).toBe(1)
    await app.send('POST', `/api/v1/licenses/${id}/renew`, { days: 10 })
    expect(await announce(app)).toBe(0)
    app.clock.advanceMs(6 * DAY_MS)
    expect(await announce(app)).toBe(1)
  })

  test('license.expiring is not emitted for a license that has already expired', async () => {
    await using app = await openTestApp()
    const { id } = await app.createLicense({ expires_at: '2026-04-06T00:00:00Z' })
    app.clock.advanceMs(60 * DAY_MS)
    expect(await announce(app)).toBe(0)
    expect(await sweep(app)).toBe(1)
    expect(await app.eventTypesOf(id)).toEqual(['license.created', 'license.expired'])
  })
})
