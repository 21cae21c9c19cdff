import { expect, test } from 'bun:test'
import { openTestApp } from '../../support/app.ts'
import { openMailApp, refusal, smtpUrlOf, startMailServer } from '../../support/mail-server.ts'
import { expectProblem } from '../../support/problems.ts'

const PATH = '/api/v1/mails/test'
const to = 'ops@example.com'
const credentials = { user: 'fake-user', password: 'fake-password' }

test('test mails: one arrives at the mail server, from the sender of all mails, and is not listed', async () => {
  await using server = await startMailServer({ credentials })
  const url = `smtp://fake-user:fake-password@127.0.0.1:${server.port}`
  await using app = await openMailApp(url, { LICET_BRAND_NAME: 'Acme' })
  const { status, body } = await app.send('POST', PATH, { to: 'OPS@example.com' })
  expect([status, body.state, body.reason]).toEqual([200, 'sent', null])
  expect(server.mails).toHaveLength(1)
  const [received] = server.mails
  expect(received?.to).toEqual([to])
  expect(received?.from).toBe('licenses@acme.example')
  expect(received?.mail.messageId).toBe(body.message_id)
  expect(received?.mail.subject).toBe('Test email from Licet for Acme')
  expect(received?.user).toBe('fake-user')
  expect((await app.send('GET', '/api/v1/mails')).body.data).toEqual([])
})

test('test mails: a refused login, recipient or message shows the reason, never the password', async () => {
  await using login = await startMailServer({ credentials: { ...credentials, password: 'other' } })
  const refuse = () => {
    throw refusal(550, 'no mail of fake-user with fake-password for ops@example.com')
  }
  await using recipient = await startMailServer({ credentials, onRecipient: refuse })
  await using message = await startMailServer({ credentials, onMessage: refuse })
  for (const [server, reason] of [
    [login, 'The mail server refused the user name or password of LICET_SMTP_URL.'],
    [recipient, 'The mail server refused the sender or the recipient.'],
    [message, 'The mail server refused the message.'],
  ] as const) {
    await using app = await openMailApp(`smtp://fake-user:fake-password@127.0.0.1:${server.port}`)
    const { status, text, body } = await app.send('POST', PATH, { to })
    expect([status, body.state]).toEqual([200, 'failed'])
    expect(body.reason).toStartWith(reason)
    expect(text).not.toContain('fake-')
    expect(app.logLines.join('')).not.toContain('fake-password')
    expect(server.mails).toEqual([])
  }
})

test('test mails: a mail server that cannot be reached shows why', async () => {
  await using app = await openMailApp('smtp://fake-user:fake-password@127.0.0.1:1')
  const { status, text, body } = await app.send('POST', PATH, { to })
  expect([status, body.state]).toEqual([200, 'failed'])
  expect(body.reason).toBe('The connection to the mail server failed.')
  expect(text).not.toContain('fake-')
})

test('test mails: without a mail server, the response says what to set', async () => {
  await using app = await openTestApp()
  const { status, body } = await app.send('POST', PATH, { to })
  expect([status, body.code]).toEqual([409, 'mail_not_configured'])
})

test('test mails: an invalid address gets 422, and a list of addresses too', async () => {
  await using app = await openMailApp('smtp://127.0.0.1:1')
  for (const address of [
    '',
    'ops',
    'a@example.com,b@example.com',
    'a@example.com\r\nBcc: b@example.com',
    1,
    null,
  ]) {
    const { status } = await app.send('POST', PATH, { to: address })
    expect({ address, status }).toEqual({ address, status: 422 })
  }
})

test('test mails: ten a minute are sent, and the next one when the minute is over', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  for (let count = 0; count < 10; count += 1) {
    expect((await app.send('POST', PATH, { to })).status).toBe(200)
  }
  const refused = await app.send('POST', PATH, { to })
  expectProblem(refused, 429, 'rate_limited')
  expect(refused.headers.get('retry-after')).toBe('60')
  app.clock.advanceMs(60_000)
  expect((await app.send('POST', PATH, { to })).status).toBe(200)
  expect(server.mails).toHaveLength(11)
})

test('test mails: sending one needs checkout:write', async () => {
  await using app = await openMailApp('smtp://127.0.0.1:1')
  const authorization = `Bearer ${await app.tokenWith('checkout:read', 'settings:read')}`
  expect((await app.send('POST', PATH, { to }, { authorization })).status).toBe(403)
})
