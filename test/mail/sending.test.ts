import { expect, test } from 'bun:test'
import { mailGapsMs } from '~/domain/mails.ts'
import { sendMails } from '~/jobs/send-mails.ts'
import type { TestApp, TestResponse } from '../support/app.ts'
import { runJob } from '../support/jobs.ts'
import {
  type MailServer,
  openMailApp,
  refusal,
  smtpUrlOf,
  startMailServer,
} from '../support/mail-server.ts'
import { findClosedPort } from '../support/receiver.ts'

const send = ({ deps }: TestApp) => runJob(sendMails, deps)

/** Asks for the key of a new license to be sent. Returns the mail, which is not sent yet. */
async function orderMail(app: TestApp, fields: object = {}): Promise<TestResponse['body']> {
  const license = await app.createLicense(fields)
  const { status, text, body } = await app.send('POST', `/api/v1/licenses/${license.id}/mail`)
  expect(status, text).toBe(201)
  return { ...body, key: license.key }
}

const readMail = async (app: TestApp, { id }: { id: string }) =>
  (await app.send('GET', `/api/v1/mails/${id}`)).body

function only({ mails }: MailServer) {
  expect(mails).toHaveLength(1)
  const [received] = mails
  if (received === undefined) throw new Error('no mail has arrived')
  return received
}

test('mail: the key arrives in plain text and HTML, under the Message-ID that the API shows', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  const ordered = await orderMail(app, { customer_name: 'Ada' })
  expect(ordered).toMatchObject({
    kind: 'key',
    customer_email: 'dev@example.com',
    state: 'pending',
    tries: 0,
  })
  expect(await send(app)).toBe(1)
  const { from, to, mail, raw } = only(server)
  expect([from, to]).toEqual(['licenses@acme.example', ['dev@example.com']])
  expect(mail.messageId).toBe(ordered.message_id)
  expect(mail.from?.text).toBe('"Acme Software" <licenses@acme.example>')
  expect(mail.subject).toBe('Your license key for Default product')
  expect(mail.text).toContain(ordered.key)
  expect(mail.text).toContain('Hello Ada,')
  expect(mail.text).toContain('Your plan: Professional')
  expect(mail.html).toContain(ordered.key)
  expect(mail.date?.toISOString()).toBe('2026-03-06T00:00:00.000Z')
  expect(raw).toMatch(/^Auto-Submitted: auto-generated\r?$/m)
  expect(await readMail(app, ordered)).toMatchObject({
    state: 'sent',
    tries: 1,
    reason: null,
    next_try_at: null,
    sent_at: '2026-03-06T00:00:00Z',
  })
  expect(await send(app)).toBe(0)
})

test('mail: a server that is down and comes back gets the mail once, under the same Message-ID', async () => {
  const port = await findClosedPort()
  await using app = await openMailApp(`smtp://127.0.0.1:${port}`)
  const ordered = await orderMail(app)
  let downMs = 0
  while (downMs < 600_000) {
    expect(await send(app)).toBe(1)
    const { state, reason, tries, next_try_at: next } = await readMail(app, ordered)
    expect([state, reason]).toEqual(['pending', 'The connection to the mail server failed.'])
    expect(Date.parse(next) - app.clock.nowMs()).toBe(mailGapsMs[tries - 1] ?? 0)
    downMs += mailGapsMs[tries - 1] ?? 0
    app.clock.advanceMs(mailGapsMs[tries - 1] ?? 0)
  }
  await using server = await startMailServer({ port })
  expect(await send(app)).toBe(1)
  expect(only(server).mail.messageId).toBe(ordered.message_id)
  app.clock.advanceMs(86_400_000)
  expect(await send(app)).toBe(0)
})

test('mail: it fails visibly after a day without success, and a retry starts again', async () => {
  const port = await findClosedPort()
  await using app = await openMailApp(`smtp://127.0.0.1:${port}`)
  const ordered = await orderMail(app)
  for (const gapMs of [...mailGapsMs, 0]) {
    expect(await send(app)).toBe(1)
    app.clock.advanceMs(gapMs)
  }
  const totalMs = mailGapsMs.reduce((sum, gapMs) => sum + gapMs, 0)
  expect(totalMs / 3_600_000).toBeCloseTo(24, 0)
  expect(await readMail(app, ordered)).toMatchObject({ state: 'failed', tries: 15 })
  expect(await send(app)).toBe(0)

  await using server = await startMailServer({ port })
  const retried = await app.send('POST', `/api/v1/mails/${ordered.id}/retry`)
  expect(retried.body).toMatchObject({ state: 'pending', tries: 0, reason: null })
  expect(await send(app)).toBe(1)
  expect(only(server).mail.messageId).toBe(ordered.message_id)
  const again = await app.send('POST', `/api/v1/mails/${ordered.id}/retry`)
  expect([again.status, again.body.code]).toEqual([409, 'invalid_transition'])
})

test('mail: a temporary refusal is retried, a permanent one is final until it is resent', async () => {
  let status = 451
  await using server = await startMailServer({
    onRecipient: (address) => {
      if (status !== 250) throw refusal(status, `<${address}>: user dev of ${address} is full`)
    },
  })
  await using app = await openMailApp(smtpUrlOf(server))
  const ordered = await orderMail(app)
  await send(app)
  const deferred = await readMail(app, ordered)
  expect(deferred).toMatchObject({ state: 'pending', tries: 1 })
  expect(deferred.reason).toContain('The mail server refused the sender or the recipient. 451')

  status = 550
  app.clock.advanceMs(10_000)
  await send(app)
  const failed = await readMail(app, ordered)
  expect(failed).toMatchObject({ state: 'failed', tries: 2, next_try_at: null })
  expect(failed.reason).toContain('550')
  expect(failed.reason).not.toMatch(/dev\b|example/)
  const { body: list } = await app.send('GET', '/api/v1/mails?state=failed')
  expect(list.data).toEqual([failed])
  expect(app.logLines.join('\n')).not.toMatch(/dev@example|\bdev\b/)

  status = 250
  const { body: resent } = await app.send('POST', `/api/v1/licenses/${ordered.license_id}/mail`)
  expect(resent.message_id).not.toBe(ordered.message_id)
  await send(app)
  expect(only(server).mail.messageId).toBe(resent.message_id)
})

test('mail: a refused message is final, and one refused for the moment is not', async () => {
  const statuses = [452, 554]
  await using server = await startMailServer({
    onMessage: ({ mail }) => {
      throw refusal(statuses.shift() ?? 554, `refused: ${mail.text}`)
    },
  })
  await using app = await openMailApp(smtpUrlOf(server))
  const ordered = await orderMail(app, { customer_name: 'Ada Lovelace' })
  await send(app)
  expect((await readMail(app, ordered)).state).toBe('pending')
  app.clock.advanceMs(10_000)
  await send(app)
  const failed = await readMail(app, ordered)
  expect(failed.state).toBe('failed')
  expect(failed.reason).not.toContain(ordered.key)
  expect(failed.reason).not.toContain('Ada Lovelace')
  expect(failed.reason).toStartWith('The mail server refused the message. 554')
})

test('mail: an internal error is logged, and the mail is attempted again', async () => {
  await using app = await openMailApp('smtp://127.0.0.1:1')
  const ordered = await orderMail(app)
  const sendMail = () => Promise.reject(new Error('a bug'))
  await runJob(sendMails, { ...app.deps, sendMail })
  const { state, reason, tries } = await readMail(app, ordered)
  expect([state, tries]).toEqual(['pending', 1])
  expect(reason).toContain('An internal error occurred.')
  expect(app.logLines.join()).toContain('a bug')
})

test('mail: the key of a license that was revoked meanwhile is not sent', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  const ordered = await orderMail(app)
  await app.send('POST', `/api/v1/licenses/${ordered.license_id}/revoke`)
  await send(app)
  expect(await readMail(app, ordered)).toMatchObject({
    state: 'canceled',
    reason: 'The license was revoked.',
    tries: 0,
  })
  const refused = await app.send('POST', `/api/v1/licenses/${ordered.license_id}/mail`)
  expect([refused.status, refused.body.code]).toEqual([409, 'invalid_transition'])
  expect(server.mails).toEqual([])
})

test('mail: it goes to the address and shows the key that the license has when it is sent', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server))
  const ordered = await orderMail(app)
  const path = `/api/v1/licenses/${ordered.license_id}`
  await app.send('PUT', path, { customer_email: 'new@example.com' })
  const { body: rotated } = await app.send('POST', `${path}/rotate-key`)
  await send(app)
  const { to, mail } = only(server)
  expect(to).toEqual(['new@example.com'])
  expect(mail.text).toContain(rotated.key)
  expect(mail.text).not.toContain(ordered.key)
  expect((await readMail(app, ordered)).customer_email).toBe('new@example.com')
})

test('mail: names and subjects of any language arrive as they are', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server), {
    LICET_MAIL_FROM: '"Müller & Söhne, Büro" <lizenz@müller.example>',
  })
  await app.send('POST', '/api/v1/products', {
    slug: 'e',
    name: 'Éditeur 编辑器 🎹',
    key_prefix: 'ED',
  })
  await app.send('POST', '/api/v1/plans', { slug: 'solo', product: 'e', name: '<b>Größe & Co</b>' })
  await orderMail(app, { plan: 'solo', customer_name: 'Łukasz "Ł" Żółć, 李' })
  await send(app)
  const { mail, raw, from } = only(server)
  expect(from).toBe('lizenz@müller.example')
  expect(mail.subject).toBe('Your license key for Éditeur 编辑器 🎹')
  expect(mail.from?.value[0]?.name).toBe('Müller & Söhne, Büro')
  expect([mail.to].flat()[0]?.value).toEqual([
    { address: 'dev@example.com', name: 'Łukasz "Ł" Żółć, 李' },
  ])
  expect(mail.text).toContain('<b>Größe & Co</b>')
  expect(mail.html).toContain('&lt;b&gt;Größe &amp; Co&lt;/b&gt;')
  expect(raw.slice(0, raw.indexOf('\r\n\r\n'))).toMatch(/^[\r\n -~\t]*$/)
})

test.each(['dev@münchen.example', 'dév@example.com', '李@例子.example'])(
  'mail: %s is reached',
  async (address) => {
    await using server = await startMailServer()
    await using app = await openMailApp(smtpUrlOf(server))
    const ordered = await orderMail(app, { customer_email: address })
    await send(app)
    expect(only(server).to).toEqual([address])
    expect(await readMail(app, ordered)).toMatchObject({ state: 'sent', customer_email: address })
  },
)

test('mail: a server that cannot send to addresses of any language is not asked to', async () => {
  await using server = await startMailServer({ more: { hideSMTPUTF8: true } })
  await using app = await openMailApp(smtpUrlOf(server))
  const ordered = await orderMail(app, { customer_email: 'dév@example.com' })
  await send(app)
  const failed = await readMail(app, ordered)
  expect(failed.state).toBe('failed')
  expect(failed.reason).toContain('does not support addresses with other letters')
  const punycode = await orderMail(app, { customer_email: 'dev@münchen.example' })
  await send(app)
  expect((await readMail(app, punycode)).state).toBe('sent')
  expect(server.mails).toHaveLength(1)
})

test.each(['a,b@example.com', 'a<x@example.com', 'a:b;@example.com'])(
  'mail: an address such as %s, which no mail server accepts, fails with that reason',
  async (address) => {
    await using server = await startMailServer()
    await using app = await openMailApp(smtpUrlOf(server))
    const { status, body: license } = await app.send('POST', '/api/v1/licenses', {
      plan: 'starter',
      customer_email: address,
    })
    expect(status).toBe(201)
    const { body: ordered } = await app.send('POST', `/api/v1/licenses/${license.id}/mail`)
    await send(app)
    expect(server.mails).toEqual([])
    expect(await readMail(app, ordered)).toMatchObject({ state: 'failed', tries: 1 })
  },
)
