import { expect, test } from 'bun:test'
import { HOUR_MS } from '~/domain/times.ts'
import { sendMails } from '~/jobs/send-mails.ts'
import { openTestApp } from '../../support/app.ts'
import { runJob } from '../../support/jobs.ts'
import { openMailApp, smtpUrlOf, startMailServer } from '../../support/mail-server.ts'
import { expectProblem } from '../../support/problems.ts'

/** The tests of this file that send nothing need no server. */
const openApp = () => openMailApp('smtp://127.0.0.1:1')

test('mails: without a mail server, the key cannot be sent, and the response says what to do', async () => {
  await using app = await openTestApp()
  const { id } = await app.createLicense()
  const { status, body } = await app.send('POST', `/api/v1/licenses/${id}/mail`)
  expect([status, body.code]).toEqual([409, 'mail_not_configured'])
  expect(body.detail).toContain('Set LICET_SMTP_URL and LICET_MAIL_FROM')
  expect((await app.send('GET', '/api/v1/mails')).body).toEqual({ data: [], next_cursor: null })
})

test('mails: without an address, the key cannot be sent, and the response says what to do', async () => {
  await using app = await openApp()
  const { id } = await app.createLicense()
  await app.send('POST', '/api/v1/customers/erase', { customer_email: 'dev@example.com' })
  const { status, body } = await app.send('POST', `/api/v1/licenses/${id}/mail`)
  expect([status, body.code]).toEqual([409, 'no_email_address'])
  expect(body.detail).toContain('Set customer_email with PUT')
  expect((await app.send('GET', '/api/v1/mails')).body.data).toEqual([])
})

test('mails: an unknown license or mail gets 404, an unknown kind or field 422', async () => {
  await using app = await openApp()
  const { id } = await app.createLicense()
  const statuses = [
    await app.send('POST', '/api/v1/licenses/lic_none/mail'),
    await app.send('GET', '/api/v1/mails/mail_none'),
    await app.send('POST', '/api/v1/mails/mail_none/retry'),
    await app.send('POST', `/api/v1/licenses/${id}/mail`, { kind: 'expiring' }),
    await app.send('POST', `/api/v1/licenses/${id}/mail`, { to: 'ann@example.com' }),
    await app.send('GET', '/api/v1/mails?state=lost'),
    await app.send('GET', '/api/v1/mails?customer_email=dev@example.com'),
  ].map(({ status }) => status)
  expect(statuses).toEqual([404, 404, 404, 422, 422, 422, 422])
})

test('mails: reading needs checkout:read, sending checkout:write', async () => {
  await using app = await openApp()
  const { id } = await app.createLicense()
  const { body: mail } = await app.send('POST', `/api/v1/licenses/${id}/mail`, { kind: 'key' })
  const calls = [
    ['checkout:write', 'POST', `/api/v1/licenses/${id}/mail`, 201],
    ['checkout:write', 'POST', `/api/v1/mails/${mail.id}/retry`, 200],
    ['checkout:read', 'GET', '/api/v1/mails', 200],
    ['checkout:read', 'GET', `/api/v1/mails/${mail.id}`, 200],
  ] as const
  for (const [scope, method, path, status] of calls) {
    const statusWith = async (...scopes: Parameters<typeof app.tokenWith>) => {
      const authorization = `Bearer ${await app.tokenWith(...scopes)}`
      return (await app.send(method, path, undefined, { authorization })).status
    }
    expect(await statusWith(scope), path).toBe(status)
    const other = scope === 'checkout:read' ? 'checkout:write' : 'checkout:read'
    expect(await statusWith(other, 'licenses:write', 'licenses:read'), path).toBe(403)
  }
})

test('mails: a repeated request with the same Idempotency-Key orders one mail', async () => {
  await using app = await openApp()
  const { id } = await app.createLicense()
  const order = () =>
    app.send('POST', `/api/v1/licenses/${id}/mail`, undefined, { 'idempotency-key': 'one' })
  const [first, second] = [await order(), await order()]
  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.headers.get('idempotency-replayed')).toBe('true')
  expect(second.body).toEqual(first.body)
  expect((await app.send('GET', '/api/v1/mails')).body.data).toEqual([first.body])
})

test('mails: an order changes no license and emits no event', async () => {
  await using app = await openApp()
  const { key: _key, ...license } = await app.createLicense()
  await app.send('POST', `/api/v1/licenses/${license.id}/mail`)
  const { body } = await app.send('GET', `/api/v1/licenses/${license.id}`)
  expect(body).toMatchObject(license)
  expect(await app.eventTypesOf(license.id)).toEqual(['license.created'])
})

test('mails: pages of a license and a state follow each other', async () => {
  await using app = await openApp()
  const { id } = await app.createLicense()
  const other = await app.createLicense()
  await app.send('POST', `/api/v1/licenses/${other.id}/mail`)
  for (let count = 0; count < 3; count += 1) await app.send('POST', `/api/v1/licenses/${id}/mail`)
  const list = (query: string) => app.send('GET', `/api/v1/mails?${query}`)
  const first = await list(`license_id=${id}&state=pending&limit=2`)
  expect(first.body.data).toHaveLength(2)
  const cursor = first.body.next_cursor
  const last = await list(`license_id=${id}&state=pending&limit=2&cursor=${cursor}`)
  expect([last.body.data.length, last.body.next_cursor]).toEqual([1, null])
  expect((await list(`limit=2&cursor=${cursor}`)).body.code).toBe('invalid_cursor')
  expect((await list('state=sent')).body.data).toEqual([])
})

test('customers: an export includes the mails, an erasure removes the address and cancels what waits', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  const { id } = await app.createLicense()
  const order = () =>
    app.send('POST', `/api/v1/licenses/${id}/mail`, undefined, { 'idempotency-key': 'one' })
  const { body: sent } = await order()
  await runJob(sendMails, app.deps)
  const { body: waiting } = await app.send('POST', `/api/v1/licenses/${id}/mail`)
  const customer = { customer_email: 'dev@example.com' }
  const exported = await app.send('POST', '/api/v1/customers/export', customer)
  expect(exported.body.mails.map((mail: { id: string }) => mail.id)).toEqual([waiting.id, sent.id])

  const erased = await app.send('POST', '/api/v1/customers/erase', customer)
  expect(erased.body.kept_answers).toBe(1)
  expect(await runJob(sendMails, app.deps)).toBe(0)
  const { body: list } = await app.send('GET', '/api/v1/mails')
  expect(list.data).toMatchObject([
    { id: waiting.id, state: 'canceled', reason: 'The customer was erased.', customer_email: null },
    { id: sent.id, state: 'sent', reason: null, customer_email: null },
  ])
  expect((await app.send('POST', '/api/v1/customers/export', customer)).body.mails).toEqual([])
  expect(server.mails).toHaveLength(1)
})

test('mails: a license gets at most 30 mails an hour, also in a loop', async () => {
  await using app = await openApp()
  const { id } = await app.createLicense()
  const order = () => app.send('POST', `/api/v1/licenses/${id}/mail`)
  for (let count = 0; count < 30; count += 1) expect((await order()).status).toBe(201)
  const refused = await order()
  expectProblem(refused, 429, 'rate_limited')
  expect(refused.headers.get('retry-after')).toBe('3600')
  const other = await app.createLicense()
  expect((await app.send('POST', `/api/v1/licenses/${other.id}/mail`)).status).toBe(201)
  app.clock.advanceMs(2 * HOUR_MS)
  expect((await order()).status).toBe(201)
})
