import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { buildJobActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { decideExpiredNotice } from '~/domain/expiry.ts'
import { DAY_MS, toTimestamp } from '~/domain/times.ts'
import { readText, readTime } from '~/importing/fields.ts'
import type { Source } from '~/importing/source.ts'
import { csv } from '~/importing/sources/csv.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { type ImportChoices, importText } from '../support/imports.ts'

const HEADERS =
  'id,key,plan,email,name,expires_at,created_at,status,reason,max_domains,max_devices,domains,devices'

let app: TestApp

beforeAll(async () => {
  app = await openTestApp()
  const plan = { product: 'default', name: 'Team', max_domains: 2, max_devices: 1, grace_days: 7 }
  expect((await app.send('POST', '/api/v1/plans', { ...plan, slug: 'team' })).status).toBe(201)
})

afterAll(() => app.close())

let number = 0

/** Returns the row of a license with an ID and a key of its own. */
function row(fields: Readonly<Record<string, string>> = {}) {
  number += 1
  const given: Readonly<Record<string, string>> = {
    id: `r-${number}`,
    key: `ACME-2019-${String(number).padStart(10, '0')}`,
    email: 'ada@example.com',
    ...fields,
  }
  const cells = HEADERS.split(',').map((name) => `"${(given[name] ?? '').replaceAll('"', '""')}"`)
  return { id: given.id ?? '', key: given.key ?? '', text: cells.join(',') }
}

function importRows(rows: readonly { text: string }[], choices: ImportChoices = {}) {
  return importText(app, [HEADERS, ...rows.map(({ text }) => text)].join('\n'), choices)
}

/** Returns the only license with the reference of a row. */
async function find(id: string) {
  const { body } = await app.send('GET', `/api/v1/licenses?external_ref=csv:${id}`)
  expect(body.data).toHaveLength(1)
  return body.data[0]
}

/** Also writes what is still in memory, such as when an API key was used. */
async function readRows() {
  await app.deps.store.flush()
  return await app.database.readRows()
}

const inDays = (days: number) => toTimestamp(app.clock.nowMs() + days * DAY_MS)

describe('a new license', () => {
  test('import: a license has what the file says, and its key is valid where it is installed', async () => {
    const one = row({
      plan: 'team',
      name: 'Ada Lovelace',
      expires_at: '2031-01-31T00:00:00Z',
      created_at: '2019-02-03',
      max_domains: '5',
      domains: 'https://www.example.org/shop example.net',
      devices: 'mac-1',
    })
    const { counts, activations, noted } = await importRows([one])
    expect({ counts, activations, noted }).toEqual({
      counts: { imported: 1, existing: 0, changed: 0, refused: 0, other: 0 },
      activations: 3,
      noted: 0,
    })
    expect(await find(one.id)).toMatchObject({
      plan: 'team',
      status: 'active',
      customer_email: 'ada@example.com',
      customer_name: 'Ada Lovelace',
      expires_at: '2031-01-31T00:00:00Z',
      max_domains: 5,
      overrides: ['max_domains'],
      metadata: { purchased_at: '2019-02-03T23:59:59Z' },
      domains: ['example.org', 'example.net'],
      devices: 1,
      activated_at: '2019-02-03T23:59:59Z',
    })
    const { body } = await app.validate({
      key: one.key,
      domain: 'example.org',
      fingerprint: 'mac-1',
    })
    expect(body).toMatchObject({ valid: true })
  })

  test('import: a limit that is that of the plan follows the plan', async () => {
    const one = row({ max_domains: '2' })
    await importRows([one])
    expect(await find(one.id)).toMatchObject({ max_domains: 2, overrides: [] })
  })

  test.each([
    ['suspended', 'LICENSE_SUSPENDED'],
    ['revoked', 'LICENSE_REVOKED'],
    ['expired', 'LICENSE_EXPIRED'],
  ])('import: a license that is %s is refused with %s', async (status, error) => {
    const one = row({
      status,
      reason: 'unpaid',
      expires_at: status === 'expired' ? inDays(-30) : '',
    })
    await importRows([one])
    expect(await find(one.id)).toMatchObject({ status })
    expect((await app.validate({ key: one.key })).body).toMatchObject({ valid: false, error })
  })

  test('import: a license without an email address is imported', async () => {
    const one = row({ email: '' })
    await importRows([one])
    expect(await find(one.id)).toMatchObject({ customer_email: null })
  })

  test('import: an email address that is none is left out, with a note', async () => {
    const one = row({ email: 'none' })
    const { noted, entries } = await importRows([one])
    expect(noted).toBe(1)
    expect(entries[0]?.notes).toEqual(['Its email address is invalid, so it is left out.'])
  })

  test('import: activations above the limit are imported with a note, and go on working', async () => {
    const one = row({ domains: 'a.example.com b.example.com c.example.com no_domain' })
    const { entries, activations } = await importRows([one])
    expect(activations).toBe(3)
    expect(entries[0]).toMatchObject({
      kind: 'imported',
      notes: [
        'no_domain is no domain, so it is left out.',
        'It has 3 domains, and its limit is 2. They go on working.',
      ],
    })
    const validate = (domain: string) => app.validate({ key: one.key, domain })
    expect((await validate('c.example.com')).body).toMatchObject({ valid: true })
    expect((await validate('d.example.com')).body.error).toBe('DOMAIN_LIMIT_REACHED')
  })
})

describe('repetition', () => {
  test('import: a repeated import writes nothing at all', async () => {
    const rows = Array.from({ length: 600 }, () => row({ domains: 'example.org' }))
    expect((await importRows(rows)).counts).toMatchObject({ imported: 600, refused: 0 })
    const before = await readRows()
    const again = await importRows(rows)
    expect(again.counts).toMatchObject({ imported: 0, existing: 600, refused: 0 })
    expect((await importRows(rows, { updates: true })).counts).toMatchObject({ existing: 600 })
    expect(await readRows()).toEqual(before)
  })

  test('import: an import that was stopped imports only the rest when it is repeated', async () => {
    const rows = Array.from({ length: 20 }, () => row())
    await importRows(rows.slice(0, 7))
    expect((await importRows(rows)).counts).toMatchObject({ imported: 13, existing: 7 })
  })

  test('import: a license whose key was rotated since stays as it is', async () => {
    const one = row()
    await importRows([one])
    const { id, version } = await find(one.id)
    await app.send('POST', `/api/v1/licenses/${id}/rotate-key`, { overlap_hours: 0 })
    const { entries } = await importRows([one], { updates: true })
    expect(entries[0]).toMatchObject({
      kind: 'existing',
      notes: [expect.stringContaining('rotated')],
    })
    expect((await find(one.id)).version).toBe(version + 1)
    expect((await app.validate({ key: one.key })).body.error).toBe('LICENSE_NOT_FOUND')
  })

  test('import: with an update, licenses get the expiration, state, limits and customer of the file', async () => {
    const one = row()
    await importRows([one])
    const changed = row({
      ...{ id: one.id, key: one.key, status: 'suspended', reason: 'unpaid' },
      ...{ email: 'grace@example.com', name: 'Grace', expires_at: inDays(90), max_domains: '9' },
    })
    expect((await importRows([changed])).counts).toMatchObject({ existing: 1, changed: 0 })
    expect(await find(one.id)).toMatchObject({ status: 'active', max_domains: 2 })
    expect((await importRows([changed], { updates: true })).counts).toMatchObject({ changed: 1 })
    expect(await find(one.id)).toMatchObject({
      status: 'suspended',
      suspension_reason: 'unpaid',
      customer_email: 'grace@example.com',
      customer_name: 'Grace',
      expires_at: inDays(90),
      max_domains: 9,
    })
    await importRows([row({ id: one.id, key: one.key })], { updates: true })
    expect(await find(one.id)).toMatchObject({ status: 'active', expires_at: null })
  })

  test('import: an update never changes a license that was revoked here', async () => {
    const one = row()
    await importRows([one])
    const { id } = await find(one.id)
    await app.send('POST', `/api/v1/licenses/${id}/revoke`)
    expect((await importRows([one], { updates: true })).counts).toMatchObject({ existing: 1 })
    expect(await find(one.id)).toMatchObject({ status: 'revoked' })
  })

  test('import: an update never names a customer again who was erased', async () => {
    const one = row({ email: 'erased@example.com' })
    await importRows([one])
    await app.send('POST', '/api/v1/customers/erase', { customer_email: 'erased@example.com' })
    expect(await find(one.id)).toMatchObject({ customer_email: null })
    expect((await importRows([one], { updates: true })).counts).toMatchObject({ existing: 1 })
    expect(await find(one.id)).toMatchObject({ customer_email: null })
  })
})

describe('refusals', () => {
  test.each([
    ['a short key', { key: 'SHORT-KEY' }, 'The length of its key is 9. A key needs 16'],
    ['a long key', { key: 'X'.repeat(256) }, 'A license key has 16–255 printable characters.'],
    ['an invisible character', { key: 'ACME-2019-0000\u200b00001' }, 'Character 15 is U+200B'],
    ['no key', { key: '' }, 'It has no key.'],
    ['no ID', { id: '' }, 'It has no id.'],
    ['an ID that is too long', { id: 'x'.repeat(300) }, 'Its ID is longer than 255 characters.'],
    ['a plan that is missing', { plan: 'odd' }, 'There is no plan odd.'],
    ['an expiration that is none', { expires_at: 'soon' }, 'expires_at is not a time: soon.'],
  ])(
    'import: a row with %s is refused with its line, and the others are imported',
    async (_what, fields, words) => {
      const { entries } = await importRows([row(), row(fields), row()])
      expect(entries.map(({ kind }) => kind).toSorted()).toEqual([
        'imported',
        'imported',
        'refused',
      ])
      const refused = entries.find(({ kind }) => kind === 'refused')
      expect(refused?.line).toBe(3)
      expect(refused?.notes.join(' ')).toStartWith(words)
    },
  )

  test.each([true, false])(
    'import: the second row with a key is refused, also in a dry run (%p)',
    async (isDryRun) => {
      const one = row()
      const { entries } = await importRows([one, row({ key: one.key })], { isDryRun })
      expect(entries.map(({ kind }) => kind)).toEqual(['imported', 'refused'])
      expect(entries[1]?.notes.join()).toContain('Its key is that of')
    },
  )

  test('import: a dry run names the line of the first record with a key or an ID', async () => {
    const [first, again] = [row(), row()]
    const rows = [
      ...[row({ key: 'SHORT' }), { text: '' }, row({ status: 'odd' }), first, again],
      ...[row({ key: first.key }), row({ id: again.id })],
    ]
    const { entries } = await importRows(rows, { isDryRun: true })
    expect(entries.slice(-2).map(({ line, notes }) => [line, ...notes])).toEqual([
      [7, 'Its key is that of line 5.'],
      [8, 'The file has its ID twice: see line 6.'],
    ])
  })

  test.each([true, false])(
    'import: the second row with an ID is there already, also in a dry run (%p)',
    async (isDryRun) => {
      const one = row()
      const { entries } = await importRows([one, row({ id: one.id })], { isDryRun })
      expect(entries.map(({ kind }) => kind)).toEqual(['imported', 'existing'])
      expect(entries[1]?.notes.join()).toContain('ID twice')
    },
  )

  test('import: a key of a license that was created otherwise is refused with its reference', async () => {
    const one = row()
    await app.createLicense({ plan: 'team', key: one.key, external_ref: 'old-1' })
    const { entries } = await importRows([one])
    expect(entries[0]).toMatchObject({
      kind: 'refused',
      notes: ['Its key is that of license old-1.'],
    })
  })

  test('import: plans of the source that are mapped to none are counted', async () => {
    const rows = [row({ plan: 'Gold' }), row({ plan: 'Gold' }), row({ plan: 'Old = 1' })]
    const { missingPlans, counts } = await importRows(rows, { findPlan: () => null })
    expect(counts.refused).toBe(3)
    expect([...missingPlans]).toEqual([
      ['Gold', 2],
      ['Old = 1', 1],
    ])
  })
})

describe('history', () => {
  test('import: the history has the events, but webhook endpoints receive them only if asked', async () => {
    const endpoint = { url: 'https://127.0.0.1:9/hooks', events: ['*'] }
    const { body } = await app.send('POST', '/api/v1/webhooks', endpoint)
    const countDeliveries = async () =>
      (await app.send('GET', `/api/v1/webhooks/${body.id}/deliveries`)).body.data.length
    const one = row({ domains: 'example.org' })
    await importRows([one])
    const { id } = await find(one.id)
    expect(await app.eventTypesOf(id)).toEqual(['license.created', 'activation.created'])
    expect(await countDeliveries()).toBe(0)
    await importRows([row()], { notifies: true })
    expect(await countDeliveries()).toBe(1)
    await app.send('DELETE', `/api/v1/webhooks/${body.id}`)
  })

  test('import: an expiration that has passed is not announced again', async () => {
    const rows = [row({ expires_at: inDays(-30) }), row({ expires_at: inDays(-1) })]
    await importRows(rows)
    const nowMs = app.clock.nowMs()
    const context = buildOwnContext(buildJobActor('expire-licenses'), nowMs)
    await app.deps.store.licenses.notifyExpirations('expired', 100, context, (snapshot) =>
      decideExpiredNotice(snapshot, nowMs),
    )
    for (const { id } of rows) {
      expect(await app.eventTypesOf((await find(id)).id)).toEqual(['license.created'])
    }
  })
})

test('import: a dry run says what an import would do, and writes nothing', async () => {
  const [there, renewed] = [row(), row()]
  await importRows([there, renewed])
  const rows = [
    ...[there, row({ domains: 'example.org' }), row({ key: 'SHORT' }), row({ plan: 'odd' })],
    row({ id: renewed.id, key: renewed.key, expires_at: inDays(9) }),
  ]
  const before = await readRows()
  const rehearsal = await importRows(rows, { isDryRun: true, updates: true })
  expect(await readRows()).toEqual(before)
  const { entries, ...rest } = await importRows(rows, { updates: true })
  expect(rehearsal).toEqual({ entries, ...rest })
  expect(rest.counts).toEqual({ imported: 1, existing: 1, changed: 1, refused: 2, other: 0 })
})

describe('records of activations', () => {
  /** Rows of activations in one file with the licenses, as some exports have them. */
  const machines: Source = {
    ...csv,
    name: 'machines',
    translate: (record, columns) => {
      const licenseId = readText(record, 'license')
      if (licenseId === null) return csv.translate(record, columns)
      const externalId = readText(record, 'id')
      const value = readText(record, 'devices') ?? ''
      const createdAtMs = readTime(record, 'created_at') ?? undefined
      const activation = { kind: 'device', value, name: 'Mac', externalId, createdAtMs } as const
      return { kind: 'activations', licenseId, activations: [activation] }
    },
  }
  const importMachines = (rows: readonly string[], choices: ImportChoices = {}) =>
    importText(app, ['id,key,license,devices,created_at', ...rows].join('\n'), {
      source: machines,
      prefix: 'csv',
      ...choices,
    })

  const listActivations = async (id: string) =>
    (await app.deps.store.activations.list(id, { limit: 9, after: null })).data

  test('import: activations are added to the license of their record, with their IDs and times, and only once', async () => {
    const one = row()
    const rows = [
      `${one.id},${one.key},,,`,
      `m-1,,${one.id},mac-1,2024-02-03 10:00:00`,
      `m-2,,${one.id},mac-2,`,
    ]
    const first = await importMachines(rows)
    expect(first).toMatchObject({ counts: { imported: 1, changed: 2 }, activations: 2, noted: 1 })
    expect(first.entries[2]?.notes).toEqual([
      'It has 2 devices, and its limit is 1. They go on working.',
    ])
    const { id } = await find(one.id)
    expect((await listActivations(id)).toReversed()).toMatchObject([
      { value: 'mac-1', externalId: 'm-1', createdAtMs: Date.parse('2024-02-03T10:00:00Z') },
      { value: 'mac-2', externalId: 'm-2', name: 'Mac', createdAtMs: app.clock.nowMs() },
    ])
    expect((await app.validate({ key: one.key, fingerprint: 'mac-2' })).body.valid).toBe(true)
    const before = await readRows()
    expect(await importMachines(rows)).toMatchObject({ counts: { existing: 3 }, activations: 0 })
    expect(await readRows()).toEqual(before)
  })

  test('import: an activation whose device is activated already, or whose ID is known, is there', async () => {
    const one = row()
    await importMachines([`${one.id},${one.key},,,`])
    await app.validate({ key: one.key, fingerprint: 'mac-1' })
    const { entries } = await importMachines([`m-1,,${one.id},mac-1,`])
    expect(entries[0]).toMatchObject({ kind: 'existing', activations: 0 })
    await importMachines([`m-2,,${one.id},mac-2,`])
    const renamed = await importMachines([`m-2,,${one.id},mac-3,`])
    expect(renamed.entries[0]).toMatchObject({ kind: 'existing' })
  })

  test('import: records of activations of one license in a row are each imported once', async () => {
    const one = row()
    const machines = [...Array(600).keys()].map(
      (machine) => `m-${machine},,${one.id},mac-${machine},`,
    )
    const rows = [`${one.id},${one.key},,,`, ...machines, ...machines]
    const { counts, activations } = await importMachines(rows)
    expect(counts).toMatchObject({ imported: 1, changed: 600, existing: 600 })
    expect(activations).toBe(600)
    expect(await find(one.id)).toMatchObject({ devices: 600 })
  })

  test.each([true, false])(
    'import: an activation without its license is refused, also in a dry run (%p)',
    async (isDryRun) => {
      const [one, other] = [row(), row()]
      const rows = [`${one.id},${one.key},,,`, `m-1,,${one.id},mac-1,`, `m-2,,${other.id},mac-2,`]
      const { entries } = await importMachines(rows, { isDryRun })
      expect(entries.map(({ kind }) => kind)).toEqual(['imported', 'changed', 'refused'])
      expect(entries[2]?.notes.join()).toContain(`There is no license csv:${other.id}.`)
    },
  )

  test('import: only an update adds the activations that a license lacks', async () => {
    const one = row({ domains: 'a.example.com' })
    await importRows([one])
    const more = row({ id: one.id, key: one.key, domains: 'a.example.com b.example.com' })
    expect(await importRows([more])).toMatchObject({ counts: { existing: 1 }, activations: 0 })
    const updated = await importRows([more], { updates: true })
    expect(updated).toMatchObject({ counts: { changed: 1 }, activations: 1 })
    expect(await find(one.id)).toMatchObject({ domains: ['a.example.com', 'b.example.com'] })
    const again = await importRows([more], { updates: true })
    expect(again).toMatchObject({ counts: { existing: 1 }, activations: 0 })
  })
})
