import { expect, test } from 'bun:test'
import { sendMails } from '~/jobs/send-mails.ts'
import { openTestApp, type TestApp, type TestResponse } from '../support/app.ts'
import { buildPayment, processAll, processEvent } from '../support/checkout.ts'
import { runJob } from '../support/jobs.ts'
import {
  type MailServer,
  openMailApp,
  type ReceivedMail,
  refusal,
  smtpUrlOf,
  startMailServer,
} from '../support/mail-server.ts'
import { readFile } from '../support/offline.ts'
import { expectProblem } from '../support/problems.ts'

const DAY_MS = 86_400_000

const send = ({ deps }: TestApp) => runJob(sendMails, deps)
const listMails = async (app: TestApp) => (await app.send('GET', '/api/v1/mails')).body.data
const listFiles = async (app: TestApp, id: string) =>
  (await app.send('GET', `/api/v1/licenses/${id}/files`)).body.data

const orderFile = (app: TestApp, id: string, body: object = {}): Promise<TestResponse> =>
  app.send('POST', `/api/v1/licenses/${id}/file`, { fingerprint: 'machine', mail: true, ...body })

function only({ mails }: MailServer): ReceivedMail {
  expect(mails).toHaveLength(1)
  const [received] = mails
  if (received === undefined) throw new Error('no mail has arrived')
  return received
}

/** Returns the text of the only attachment. */
function readAttachment({ mail }: ReceivedMail): string {
  expect(mail.attachments).toHaveLength(1)
  const [attachment] = mail.attachments
  expect(attachment).toMatchObject({
    filename: 'default-license.txt',
    contentType: 'text/plain',
    contentDisposition: 'attachment',
  })
  return attachment?.content.toString() ?? ''
}

test('mailed files: the customer gets the file as an attachment, signed when it is sent', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  const { id, key } = await app.createLicense({ customer_name: 'Ada' })
  const { status, body } = await orderFile(app, id)
  expect(status).toBe(201)
  app.clock.advanceMs(60_000)
  expect(await send(app)).toBe(1)
  const received = only(server)
  expect(received.to).toEqual(['dev@example.com'])
  expect(received.mail.subject).toBe('Your license file for Default product')
  for (const text of [received.mail.text, received.mail.html]) {
    expect(text).toContain('default-license.txt')
    expect(text).toContain('March 6, 2027')
    expect(text).not.toContain(key)
  }
  const issued = readFile(app, body.file)
  expect(readFile(app, readAttachment(received))).toEqual({
    ...issued,
    iat: issued.iat + 60,
    nbf: issued.nbf + 60,
  })
  expect(await listMails(app)).toMatchObject([{ kind: 'file', state: 'sent', license_id: id }])
  expect(await listFiles(app, id)).toHaveLength(1)
})

test('mailed files: each device gets its own, in a mail of its own', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  const { id } = await app.createLicense()
  const issued = [
    await orderFile(app, id, { fingerprint: 'one' }),
    await orderFile(app, id, { fingerprint: 'two' }),
  ]
  expect(await send(app)).toBe(2)
  const sent = server.mails.map((received) => readFile(app, readAttachment(received)).jti)
  expect(sent.sort()).toEqual(issued.map(({ body }) => body.id).sort())
})

test('mailed files: a repeated Idempotency-Key sends one mail', async () => {
  await using app = await openMailApp('smtp://127.0.0.1:1')
  const { id } = await app.createLicense()
  const path = `/api/v1/licenses/${id}/file`
  for (let count = 0; count < 3; count += 1) {
    const body = { fingerprint: 'machine', mail: true }
    await app.send('POST', path, body, { 'idempotency-key': 'order-1' })
  }
  expect(await listMails(app)).toHaveLength(1)
})

test.each([
  ['was suspended', 'This license is suspended.', '/suspend', 'POST'],
  ['was revoked', 'The license was revoked.', '/revoke', 'POST'],
] as const)(
  'mailed files: none is sent once the license %s',
  async (_change, reason, path, method) => {
    await using server = await startMailServer()
    await using app = await openMailApp(smtpUrlOf(server))
    const { id } = await app.createLicense()
    await orderFile(app, id)
    await app.send(method, `/api/v1/licenses/${id}${path}`)
    await send(app)
    expect(await listMails(app)).toMatchObject([{ state: 'canceled', reason, tries: 0 }])
    expect(server.mails).toEqual([])
  },
)

test('mailed files: none is sent once its device was deactivated or it has expired', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  const { id } = await app.createLicense()
  const { body } = await orderFile(app, id)
  await app.send('DELETE', `/api/v1/licenses/${id}/activations/${body.activations[0]}`)
  await orderFile(app, id, { fingerprint: 'other', days: 1 })
  app.clock.advanceMs(DAY_MS)
  await send(app)
  const reasons = (await listMails(app)).map(({ reason }: { reason: string }) => reason)
  expect(reasons).toEqual([
    'The license file has expired.',
    'The domain or device of the license file was deactivated.',
  ])
  expect(server.mails).toEqual([])
})

test('mailed files: one never outlives the license as it is when the mail is sent', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  const { id } = await app.createLicense()
  await orderFile(app, id)
  await app.send('PUT', `/api/v1/licenses/${id}`, { expires_at: '2026-04-01T00:00:00Z' })
  await send(app)
  const received = only(server)
  expect(readFile(app, readAttachment(received)).exp).toBe(
    Date.parse('2026-04-01T00:00:00Z') / 1000,
  )
  expect(received.mail.text).toContain('April 1, 2026')
})

test('mailed files: without a mail server or an address, nothing is activated or issued', async () => {
  await using silent = await openTestApp()
  const { id } = await silent.createLicense()
  expectProblem(await orderFile(silent, id), 409, 'mail_not_configured')
  expect(await listFiles(silent, id)).toEqual([])

  await using app = await openMailApp('smtp://127.0.0.1:1')
  const license = await app.createLicense()
  await app.send('POST', '/api/v1/customers/erase', { customer_email: 'dev@example.com' })
  expectProblem(await orderFile(app, license.id), 409, 'no_email_address')
  expect(await listFiles(app, license.id)).toEqual([])
  expect(await app.eventTypesOf(license.id)).not.toContain('activation.created')
})

test('mailed files: beyond 30 mails an hour, the request is refused as a whole', async () => {
  await using app = await openMailApp('smtp://127.0.0.1:1')
  const { id } = await app.createLicense()
  for (let count = 0; count < 30; count += 1) expect((await orderFile(app, id)).status).toBe(201)
  expectProblem(await orderFile(app, id), 429, 'rate_limited')
  expect(await listMails(app)).toHaveLength(20)
  const page = await app.send('GET', `/api/v1/licenses/${id}/files?limit=100`)
  expect(page.body.data).toHaveLength(30)
})

test('mailed files: a response of the mail server that repeats the file is not stored or logged', async () => {
  await using server = await startMailServer({
    onMessage: ({ mail }) => {
      throw refusal(554, `refused: ${mail.attachments[0]?.content.toString()}`)
    },
  })
  await using app = await openMailApp(smtpUrlOf(server))
  const { id } = await app.createLicense()
  const { body } = await orderFile(app, id)
  await send(app)
  const [{ state, reason }] = await listMails(app)
  expect(state).toBe('failed')
  expect(reason).toContain('554 refused')
  const kept = reason + app.logLines.join('')
  for (const line of body.file.split('\n').slice(1, 4)) expect(kept).not.toContain(line)
})

test('mailed files: by rule, the mail with the key has a file that works anywhere', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  const rule = { price: 'price_1', plan: 'enterprise', mail: { file: true } }
  expect((await app.send('POST', '/api/v1/checkout/rules', rule)).status).toBe(201)
  const event = await processEvent(app, buildPayment(app))
  expect(JSON.stringify(event.effects)).toContain('The email has a license file.')
  await send(app)
  const received = only(server)
  const { body } = await app.send('GET', '/api/v1/licenses?customer_email=ada@example.com')
  const [license] = body.data
  expect(received.mail.text).toContain(license.key)
  expect(received.mail.text).toContain('default-license.txt')
  const claims = readFile(app, readAttachment(received))
  expect(claims).toMatchObject({ sub: license.id, fp: null, dom: null, act: [], ret: null })
  expect(await listFiles(app, license.id)).toMatchObject([
    { id: claims.jti, fingerprint_bound: false, domains: [], activations: [] },
  ])
  expect(await listMails(app)).toMatchObject([{ kind: 'key', state: 'sent' }])
})

test('mailed files: a replay whose mail is waiting already, or is one of too many, issues no file', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  const rule = { price: 'price_1', plan: 'enterprise', mail: { file: true } }
  expect((await app.send('POST', '/api/v1/checkout/rules', rule)).status).toBe(201)
  const event = await processEvent(app, buildPayment(app))
  const { body } = await app.send('GET', '/api/v1/licenses?customer_email=ada@example.com')
  const [{ id }] = body.data
  const countOf = async (path: string) =>
    (await app.send('GET', `/api/v1/${path}?limit=100`)).body.data.length
  const replay = async () => {
    await app.send('POST', `/api/v1/checkout/events/${event.id}/replay`, { mail: true })
    await processAll(app)
    return { mails: await countOf('mails'), files: await countOf(`licenses/${id}/files`) }
  }
  expect(await replay()).toEqual({ mails: 1, files: 1 })
  for (let count = 2; count <= 32; count += 1) {
    await send(app)
    expect(await replay()).toEqual({ mails: Math.min(count, 30), files: Math.min(count, 30) })
  }
})

test.each([
  ['has limits', 'starter', {}],
  ['works only online', 'offline-never', { offline: null }],
  [
    'starts with its first validation',
    'later',
    { starts_on: 'first_validation', duration_days: 30 },
  ],
])(
  'mailed files: by rule, the key of a license that %s is mailed without a file',
  async (_reason, slug, terms) => {
    await using server = await startMailServer()
    await using app = await openMailApp(smtpUrlOf(server))
    await app.send('POST', '/api/v1/plans', { slug, product: 'default', name: slug, ...terms })
    const rule = { price: 'price_1', plan: slug, mail: { file: true } }
    expect((await app.send('POST', '/api/v1/checkout/rules', rule)).status).toBe(201)
    const event = await processEvent(app, buildPayment(app))
    expect(JSON.stringify(event.effects)).toContain('The email has no license file')
    await send(app)
    const { mail } = only(server)
    expect(mail.attachments).toEqual([])
    expect(mail.text).not.toContain('attached')
  },
)
