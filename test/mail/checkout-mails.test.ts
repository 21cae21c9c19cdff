import { expect, test } from 'bun:test'
import { announceExpiries } from '~/jobs/announce-expiries.ts'
import { sendMails } from '~/jobs/send-mails.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { buildPayment, processAll, processEvent } from '../support/checkout.ts'
import { runJob } from '../support/jobs.ts'
import { openMailApp, smtpUrlOf, startMailServer } from '../support/mail-server.ts'

const DAY_MS = 86_400_000

const openApp = () => openMailApp('smtp://127.0.0.1:1')
const listMails = async (app: TestApp) => (await app.send('GET', '/api/v1/mails')).body.data

async function createRule(app: TestApp, mail: object = {}) {
  const rule = { price: 'price_1', plan: 'professional', mail }
  const { status, text } = await app.send('POST', '/api/v1/checkout/rules', rule)
  expect(status, text).toBe(201)
}

const subscription = (app: TestApp, fields: object = {}) =>
  buildPayment(app, {
    order_id: undefined,
    subscription_id: 'sub_1',
    paid_until: new Date(app.clock.nowMs() + 30 * DAY_MS).toISOString(),
    ...fields,
  })

test('checkout mails: a purchase sends its key to the buyer, once for each license', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  await createRule(app)
  const payment = buildPayment(app, { id: 'one', items: [{ price: 'price_1', quantity: 2 }] })
  await processEvent(app, payment)
  await processEvent(app, { ...payment, id: 'two' })
  expect(await runJob(sendMails, app.deps)).toBe(2)
  const { body } = await app.send('GET', '/api/v1/licenses?customer_email=ada@example.com')
  expect(body.data).toHaveLength(2)
  expect(server.mails.map(({ to }) => to)).toEqual([['ada@example.com'], ['ada@example.com']])
  const texts = server.mails.map(({ mail }) => mail.text ?? '')
  for (const { key } of body.data)
    expect(texts.filter((text) => text.includes(key))).toHaveLength(1)
})

test('checkout mails: a rule can send no key, and without a mail server the effect says so', async () => {
  await using app = await openApp()
  await createRule(app, { key: false })
  await processEvent(app, buildPayment(app))
  expect(await listMails(app)).toEqual([])

  await using silent = await openTestApp()
  await createRule(silent)
  const { effects } = await processEvent(silent, buildPayment(silent))
  expect(JSON.stringify(effects)).toContain('LICET_SMTP_URL is not set')
  expect(await listMails(silent)).toEqual([])
})

test('checkout mails: by rule, the customer is notified once before a license expires', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  await createRule(app, { key: false, expiring: true })
  await processEvent(app, subscription(app))
  const { id: otherId } = await app.createLicense({
    expires_at: new Date(app.clock.nowMs() + 30 * DAY_MS).toISOString(),
  })
  expect(await runJob(announceExpiries, app.deps)).toBe(0)
  app.clock.advanceMs(20 * DAY_MS)
  // A license that was not bought emits the event only.
  expect(await runJob(announceExpiries, app.deps)).toBe(2)
  expect(await runJob(announceExpiries, app.deps)).toBe(0)
  const mails = await listMails(app)
  expect(mails).toMatchObject([{ kind: 'expiring', customer_email: 'ada@example.com' }])
  expect(mails[0].license_id).not.toBe(otherId)
  await runJob(sendMails, app.deps)
  expect(server.mails).toHaveLength(1)
  expect(server.mails[0]?.mail.subject).toBe(
    'Your license for Default product expires on April 8, 2026',
  )
})

test('checkout mails: a notice that a renewal has overtaken is not sent', async () => {
  await using app = await openApp()
  await createRule(app, { key: false, expiring: true })
  await processEvent(app, subscription(app))
  app.clock.advanceMs(20 * DAY_MS)
  await runJob(announceExpiries, app.deps)
  await processEvent(app, subscription(app))
  await runJob(sendMails, app.deps)
  expect(await listMails(app)).toMatchObject([
    { kind: 'expiring', state: 'canceled', reason: 'The license was renewed.' },
  ])
})

test('checkout mails: by rule, a failed payment sends a reminder, unless it succeeds meanwhile', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  await createRule(app, { key: false, past_due: true })
  await processEvent(app, subscription(app))
  app.clock.advanceMs(30 * DAY_MS)
  const failure = { type: 'past_due', paid_until: undefined }
  await processEvent(app, subscription(app, failure))
  await runJob(sendMails, app.deps)
  expect(server.mails.map(({ mail }) => mail.subject)).toEqual([
    'A payment for Default product has failed',
  ])
  app.clock.advanceMs(DAY_MS)
  await processEvent(app, subscription(app))
  app.clock.advanceMs(30 * DAY_MS)
  await processEvent(app, subscription(app, failure))
  app.clock.advanceMs(DAY_MS)
  await processEvent(app, subscription(app))
  await runJob(sendMails, app.deps)
  expect(server.mails).toHaveLength(1)
  expect(await listMails(app)).toMatchObject([
    { kind: 'past_due', state: 'canceled', reason: 'The payment has succeeded.' },
    { kind: 'past_due', state: 'sent' },
  ])
})

test('checkout mails: an event that is replayed again and again sends a key once while it waits', async () => {
  await using app = await openApp()
  await createRule(app)
  const event = await processEvent(app, buildPayment(app))
  const replay = () =>
    app.send('POST', `/api/v1/checkout/events/${event.id}/replay`, { mail: true })
  for (let count = 0; count < 5; count += 1) {
    expect((await replay()).status).toBe(200)
    await processAll(app)
  }
  expect(await listMails(app)).toHaveLength(1)
})

test('checkout mails: an event that is replayed for its mail shows that the key is sent, after what it had done before', async () => {
  await using silent = await openTestApp()
  await createRule(silent)
  const first = await processEvent(silent, buildPayment(silent))
  const replay = async (app: TestApp, id: string) => {
    await app.send('POST', `/api/v1/checkout/events/${id}/replay`, { mail: true })
    await processAll(app)
    return (await app.send('GET', `/api/v1/checkout/events/${id}`)).body.effects
  }
  const textsOf = (effects: readonly { readonly text: string }[]) => effects.map(({ text }) => text)
  expect(textsOf(await replay(silent, first.id))).toEqual(textsOf(first.effects))

  await using app = await openApp()
  await createRule(app)
  const event = await processEvent(app, buildPayment(app))
  const resent = 'The customer gets the license key by email, because a replay asked for it.'
  for (let count = 0; count < 2; count += 1) {
    expect(textsOf(await replay(app, event.id))).toEqual([...textsOf(event.effects), resent])
  }

  await using keyless = await openApp()
  await createRule(keyless, { key: false })
  const unsent = await processEvent(keyless, buildPayment(keyless))
  const effects = textsOf(await replay(keyless, unsent.id))
  expect(effects.slice(0, -1)).toEqual(textsOf(unsent.effects))
  expect(effects.at(-1)).toContain('its rule says so')
})
