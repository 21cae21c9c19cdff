import { expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import { ChangedLicenses, LicenseList } from '~/wire/licenses.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { expectProblem } from '../../support/problems.ts'

const path = '/api/v1/licenses'

interface Shown {
  readonly id: string
  readonly status: string
}

async function create(app: TestApp, quantity: number, fields: object = {}): Promise<string[]> {
  const { data } = await app.createLicense({ quantity, ...fields })
  return data.map(({ id }: Shown) => id)
}

const bulk = (app: TestApp, body: object) => app.send('POST', `${path}/bulk`, body)

test('bulk: an action changes all selected licenses, with one event each', async () => {
  await using app = await openTestApp()
  const ids = await create(app, 2, { expires_at: '2027-01-01T00:00:00Z' })
  const created = ['license.created', 'license.created']
  const actions: [body: object, shown: object, eventTypes: string][] = [
    [{ action: 'suspend', reason: 'fraud' }, { suspension_reason: 'fraud' }, 'license.suspended'],
    [{ action: 'reinstate' }, { status: 'active' }, 'license.reinstated'],
    [{ action: 'renew', days: 31 }, { expires_at: '2027-02-01T00:00:00Z' }, 'license.renewed'],
    [{ action: 'update', max_domains: 9, plan: 'starter' }, { max_domains: 9 }, 'license.updated'],
    [{ action: 'revoke', reason: 'refund' }, { status: 'revoked' }, 'license.revoked'],
  ]
  const eventTypes = [...created]
  for (const [body, shown, type] of actions) {
    const response = await bulk(app, { ...body, ids })
    expect(response.status).toBe(200)
    expect(Value.Check(LicenseList, response.body)).toBe(true)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.body).toEqual({ data: [expect.anything(), expect.anything()] })
    expect(response.body.data).toMatchObject(ids.map((id) => ({ id, ...shown })))
    eventTypes.push(type, type)
    expect(await app.database.readEventTypes()).toEqual(eventTypes)
  }
})

test('bulk: a new plan of another duration is rejected for all, until expiry says what to do', async () => {
  await using app = await openTestApp()
  const yearly = { slug: 'yearly', product: 'default', name: 'Yearly', duration_days: 365 }
  await app.send('POST', '/api/v1/plans', yearly)
  const ids = await create(app, 2)
  const refused = await bulk(app, { action: 'update', ids, plan: 'yearly', customer_name: 'Ada' })
  expectProblem(refused, 422, 'validation_failed', ['/expiry'])
  expect(refused.body.detail).toContain('Nothing was changed because of license lic_')
  const keeping = await bulk(app, { action: 'update', ids, plan: 'yearly', expiry: 'keep' })
  expect(keeping.body.data).toMatchObject([{ expires_at: null }, { expires_at: null }])
  const back = await bulk(app, { action: 'update', ids, plan: 'professional', expiry: 'keep' })
  expect(back.status).toBe(200)
  const renewed = await bulk(app, { action: 'update', ids, plan: 'yearly', expiry: 'plan' })
  const expiresAt = '2027-03-06T00:00:00Z'
  expect(renewed.body.data).toMatchObject([{ expires_at: expiresAt }, { expires_at: expiresAt }])
  const stray = await bulk(app, { action: 'renew', ids, expiry: 'plan' })
  expectProblem(stray, 422, 'validation_failed', ['/expiry'])
})

test('bulk: a filter selects the same licenses as the list', async () => {
  await using app = await openTestApp()
  const [chosen = ''] = await create(app, 1, { customer_email: 'fraud@example.com' })
  const [other = ''] = await create(app, 1)
  const filter = { customer_email: 'FRAUD@example.com', status: 'active' }
  const { body } = await bulk(app, { action: 'suspend', filter })
  expect(body.data).toMatchObject([{ id: chosen, status: 'suspended' }])
  const none = await bulk(app, { action: 'suspend', filter })
  expect(none.body).toEqual({ data: [] })
  expect((await app.send('GET', `${path}/${other}`)).body.status).toBe('active')
  const eventTypes = ['license.created', 'license.created', 'license.suspended']
  expect(await app.database.readEventTypes()).toEqual(eventTypes)
})

test('bulk: if one license cannot be changed, none is', async () => {
  await using app = await openTestApp()
  const ids = await create(app, 3)
  await app.send('DELETE', `${path}/${ids[2]}`)
  await app.deps.store.flush()
  const before = await app.database.readRows()
  const refused: [body: object, status: number, code: string][] = [
    [{ action: 'suspend', ids }, 409, 'invalid_transition'],
    [{ action: 'update', ids, customer_name: 'Ann' }, 409, 'invalid_transition'],
    [{ action: 'renew', ids: ids.slice(0, 2), days: 1 }, 409, 'perpetual'],
    [{ action: 'suspend', ids: [ids[0], 'lic_01jg3m8v5mf1x8yq1r5c2w7h3k'] }, 404, 'not_found'],
  ]
  for (const [body, status, code] of refused) expectProblem(await bulk(app, body), status, code)
  expect(await app.database.readRows()).toEqual(before)
})

test('bulk: a license given twice is changed once', async () => {
  await using app = await openTestApp()
  const [id = ''] = await create(app, 1)
  const { body } = await bulk(app, { action: 'suspend', ids: [id, id] })
  expect(body.data).toMatchObject([{ id, version: 2 }])
  expect(await app.database.readEventTypes()).toEqual(['license.created', 'license.suspended'])
})

test('bulk: no selection, two selections or a field of another action is rejected', async () => {
  await using app = await openTestApp()
  const ids = await create(app, 1)
  const filter = { plan: 'professional' }
  const wrong: [body: object, pointers: string[]][] = [
    [{ action: 'suspend', filter: {} }, ['/filter']],
    [{ action: 'suspend', ids: [] }, ['/ids']],
    [{ action: 'suspend' }, []],
    [{ action: 'suspend', ids, filter }, []],
    [{ action: 'suspend', ids, days: 3 }, ['/days']],
    [{ action: 'reinstate', ids, reason: 'x' }, ['/reason']],
    [{ action: 'revoke', ids, plan: 'starter' }, ['/plan']],
    [{ action: 'renew', ids, customer_name: 'x' }, ['/customer_name']],
    [{ action: 'renew', ids, days: 1, expires_at: '2028-01-01T00:00:00Z' }, []],
    [{ action: 'update', ids, reason: 'x' }, ['/reason']],
    [{ action: 'update', ids, plan: 'no-such-plan' }, ['/plan']],
    [{ action: 'delete', ids }, ['/action']],
    [{ ids }, ['/action']],
    [{ action: 'suspend', ids, nope: 1 }, ['/nope']],
    [{ action: 'suspend', filter: { nope: 1 } }, ['/filter/nope']],
    [{ action: 'suspend', filter: { status: 'odd' } }, ['/filter/status']],
    [
      { action: 'suspend', filter: { expires_before: '2026-02-30T00:00:00Z' } },
      ['/filter/expires_before'],
    ],
  ]
  for (const [body, pointers] of wrong) {
    expectProblem(await bulk(app, body), 422, 'validation_failed', pointers)
  }
  expect(await app.database.readEventTypes()).toEqual(['license.created'])
})

test('bulk: more than 1000 matches are rejected with their count', async () => {
  await using app = await openTestApp()
  const ids = await create(app, 1000)
  const filter = { plan: 'professional' }
  expect((await bulk(app, { action: 'suspend', filter })).body.data).toHaveLength(1000)

  await create(app, 2)
  const refused = await bulk(app, { action: 'reinstate', filter })
  expectProblem(refused, 422, 'too_many_matches')
  expect(refused.body.detail).toContain('1002')
  const named = await bulk(app, { action: 'reinstate', ids: [...ids, ...ids.slice(0, 1)] })
  expectProblem(named, 422, 'validation_failed', ['/ids'])
  const suspended = await app.send('GET', `${path}?status=suspended&limit=1`)
  expect(suspended.body.data).toHaveLength(1)
  expect(
    (await app.database.readEventTypes()).filter((type) => type === 'license.reinstated'),
  ).toEqual([])
})

test('bulk: one request cannot store a thousand copies of long metadata', async () => {
  await using app = await openTestApp()
  const ids = await create(app, 40)
  const edit = { action: 'update', metadata: { a: 'x'.repeat(2000) } }
  const long = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [index, 'x'.repeat(2000)]),
  )
  const refused = await bulk(app, { ...edit, metadata: long, ids })
  expectProblem(refused, 422, 'validation_failed', ['/ids'])
  const filter = { plan: 'professional' }
  const matching = await bulk(app, { ...edit, metadata: long, filter })
  expectProblem(matching, 422, 'too_many_matches')
  expect((await bulk(app, { ...edit, ids })).body.data).toHaveLength(40)
})

test('bulk: the body limit is 8 MiB instead of 64 KiB', async () => {
  await using app = await openTestApp()
  const [id] = await create(app, 1)
  const suspension = JSON.stringify({ action: 'suspend', ids: [id] })
  const mebibytes8 = suspension.padEnd(8 * 1024 * 1024)
  expect((await app.send('POST', `${path}/bulk`, mebibytes8)).status).toBe(200)
  expectProblem(await app.send('POST', `${path}/bulk`, `${mebibytes8} `), 413, 'payload_too_large')

  const kibibytes64 = '{}'.padEnd(64 * 1024)
  expect((await app.send('POST', `${path}/${id}/reinstate`, kibibytes64)).status).toBe(200)
  const beyond = await app.send('POST', `${path}/${id}/suspend`, `${kibibytes64} `)
  expectProblem(beyond, 413, 'payload_too_large')
})

test('bulk: a dry run says what would change, fails where the action would, and writes nothing', async () => {
  await using app = await openTestApp()
  const ids = await create(app, 150)
  const [first = '', second = ''] = ids
  await app.send('POST', `${path}/${first}/suspend`)
  const eventTypes = await app.database.readEventTypes()
  const auditRows = (await app.database.readRows()).audit?.length ?? 0

  const { status, body } = await bulk(app, {
    action: 'suspend',
    filter: { plan: 'professional' },
    dry_run: true,
  })
  expect(status).toBe(200)
  expect(Value.Check(ChangedLicenses, body)).toBe(true)
  expect(body).toMatchObject({ dry_run: true, count: 150, changed: 149 })
  expect(body.ids).toEqual(ids.toReversed().slice(0, 100))
  expect(body.data.map(({ id }: Shown) => id)).toEqual(body.ids.slice(0, 20))
  expect(body.data[0].status).toBe('active')

  const none = await bulk(app, { action: 'revoke', filter: { q: 'nobody' }, dry_run: true })
  expect(none.body).toEqual({ data: [], dry_run: true, count: 0, changed: 0, ids: [] })
  await app.send('DELETE', `${path}/${second}`)
  eventTypes.push('license.revoked')
  const failing = { action: 'suspend', ids: [first, second], dry_run: true }
  const refused = await bulk(app, failing)
  expectProblem(refused, 409, 'invalid_transition')
  expect(refused.body.detail).toContain(second)
  expectProblem(await bulk(app, { ...failing, ids: ['lic_none'] }), 404, 'not_found')
  const stray = await bulk(app, { ...failing, days: 1 })
  expectProblem(stray, 422, 'validation_failed', ['/days'])

  expect(await app.database.readEventTypes()).toEqual(eventTypes)
  expect((await app.database.readRows()).audit).toHaveLength(auditRows + 1)
  const headers = { 'idempotency-key': 'the same twice' }
  const once = { action: 'suspend', ids: [ids[3]] }
  for (const fields of [{ dry_run: true }, {}]) {
    const answered = await app.send('POST', `${path}/bulk`, { ...once, ...fields }, headers)
    expect(answered.status).toBe(200)
  }
  expect(await app.database.readEventTypes()).toEqual([...eventTypes, 'license.suspended'])
})
