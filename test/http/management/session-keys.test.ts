import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Browser, type ServedApp, serveTestApp } from '../../support/browser.ts'
import { signEvent } from '../../support/checkout.ts'

let app: ServedApp
let ada: Browser
beforeAll(async () => {
  app = await serveTestApp()
  ada = await app.signedIn({ setup: await app.setupToken(await app.createOperator()) })
})
afterAll(() => app.close())

const path = '/api/v1/licenses'
const order = { plan: 'professional', customer_email: 'dev@example.com' }
const MASKED = /^TO(?:-\*{4}){3}-\w{4}$/

test('session keys: a session gets full keys only from the requests that create them', async () => {
  const created = await ada.send('POST', path, order)
  const { id, key } = created.body
  expect(key).not.toContain('*')
  const batch = await ada.send('POST', `${path}/batch`, { ...order, quantity: 2 })
  for (const license of batch.body.data) expect(license.key).not.toContain('*')
  const rotated = await ada.send('POST', `${path}/${id}/rotate-key`)
  expect((await app.validate({ key: rotated.body.key })).body.valid).toBe(true)

  const others = [
    ['GET', `${path}/${id}`],
    ['GET', path],
    ['POST', `${path}/lookup`, { key: rotated.body.key }],
    ['POST', '/api/v1/search', { text: rotated.body.key }],
    ['PUT', `${path}/${id}`, { customer_name: 'Ann' }],
    ['POST', `${path}/${id}/suspend`],
    ['POST', `${path}/${id}/reinstate`],
    ['POST', `${path}/bulk`, { action: 'suspend', filter: { plan: 'professional' } }],
    ['GET', `${path}/${id}/events`],
    ['GET', '/api/v1/audit'],
  ] as const
  for (const [method, at, body] of others) {
    const { status, text } = await ada.send(method, at, body)
    expect([at, status]).toEqual([at, 200])
    expect(text).not.toContain(rotated.body.key)
    expect(text).not.toContain(key)
  }
  expect((await ada.send('GET', `${path}/${id}`)).body.key).toMatch(MASKED)
})

test('session keys: a session reveals one key at a time, under the name of its operator', async () => {
  const { id, key } = await app.createLicense()
  const revealed = await ada.send('POST', `${path}/${id}/reveal`)
  expect(revealed.body).toEqual({ key })
  const { data } = (await ada.send('GET', `/api/v1/audit?subject_id=${id}&limit=1`)).body
  expect(data).toMatchObject([
    { action: 'license.reveal', actor: { kind: 'operator', name: 'Ada' } },
  ])
})

test('session keys: the session of an API key gets masked keys, also when it repeats a request of the key', async () => {
  const token = await app.tokenWith('licenses:read', 'licenses:write', 'licenses:reveal')
  const browser = await app.signedIn({ token })
  const { id, key } = await app.createLicense()
  const once = { 'idempotency-key': 'suspend-once' }
  const headers = { ...once, authorization: `Bearer ${token}` }
  expect((await app.send('POST', `${path}/${id}/suspend`, undefined, headers)).body.key).toBe(key)
  await browser.send('POST', `${path}/${id}/reinstate`)
  const repeated = await browser.send('POST', `${path}/${id}/suspend`, undefined, once)
  expect([repeated.status, repeated.body.key]).toEqual([200, expect.stringMatching(MASKED)])
})

test('session keys: a session gets the body of an event from a shop only if it asks, which is audited', async () => {
  const id = 'cs_live_a1B2c3D4e5F6g7H8i9J0'
  const body = JSON.stringify({ type: 'viewed', occurred_at: '2026-03-06T00:00:00Z', id })
  const headers = signEvent('standard', body, { atMs: app.clock.nowMs(), id: 'viewed' })
  await fetch(`${app.url}/api/v1/checkout/standard`, { method: 'POST', headers, body })
  const [event] = (await ada.send('GET', '/api/v1/checkout/events')).body.data
  const at = `/api/v1/checkout/events/${event.id}`
  expect((await ada.send('GET', at)).body).toMatchObject({ event: null, has_event: true })
  expect((await app.send('GET', at)).body.event.id).toBe(id)
  expect((await app.send('GET', `${at}?reveal=false`)).body.event).toBeNull()

  const audited = async () =>
    (await ada.send('GET', `/api/v1/audit?subject_id=${event.id}`)).body.data
  expect(await audited()).toEqual([])
  expect((await ada.send('GET', `${at}?reveal=true`)).body.event.id).toBe(id)
  expect(await audited()).toMatchObject([
    { action: 'checkout_event.reveal', actor: { kind: 'operator', name: 'Ada' } },
  ])
  const clerk = await app.signedIn({ token: await app.tokenWith('checkout:read') })
  expect((await clerk.send('GET', `${at}?reveal=true`)).status).toBe(403)
  expect(await audited()).toHaveLength(1)
})
