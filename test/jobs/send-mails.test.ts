import { expect, test } from 'bun:test'
import { cleanUp } from '~/jobs/clean-up.ts'
import { sendMails } from '~/jobs/send-mails.ts'
import type { TestApp } from '../support/app.ts'
import { runJob } from '../support/jobs.ts'
import { openMailApp, smtpUrlOf, startMailServer } from '../support/mail-server.ts'

const DAY_MS = 86_400_000

async function orderMail(app: TestApp) {
  const { id } = await app.createLicense()
  return (await app.send('POST', `/api/v1/licenses/${id}/mail`)).body
}

const listMails = async (app: TestApp) => (await app.send('GET', '/api/v1/mails')).body.data

test('send-mails: without a mail server, what was left waits for a day and then fails', async () => {
  await using app = await openMailApp('smtp://127.0.0.1:1')
  await orderMail(app)
  const deps = { ...app.deps, sendMail: null }
  app.clock.advanceMs(DAY_MS - 1)
  expect(await runJob(sendMails, deps)).toBe(0)
  app.clock.advanceMs(1)
  expect(await runJob(sendMails, deps)).toBe(1)
  expect(await listMails(app)).toMatchObject([
    { state: 'failed', reason: 'LICET_SMTP_URL was not set for a day.' },
  ])
})

test('send-mails: all due mails are sent, over four connections at most', async () => {
  let open = 0
  let openMax = 0
  await using server = await startMailServer({
    more: {
      onConnect: (_session, callback) => {
        open += 1
        openMax = Math.max(openMax, open)
        callback()
      },
    },
    // The next connection starts only after the response to this one.
    onMessage: () => {
      open -= 1
    },
  })
  await using app = await openMailApp(smtpUrlOf(server))
  for (let count = 0; count < 12; count += 1) await orderMail(app)
  expect(await runJob(sendMails, app.deps)).toBe(12)
  expect(server.mails).toHaveLength(12)
  expect(new Set(server.mails.map(({ mail }) => mail.messageId)).size).toBe(12)
  expect(openMax).toBeGreaterThan(1)
  expect(openMax).toBeLessThanOrEqual(4)
})

test('clean-up: mails are deleted after the days of checkout, but not those that wait', async () => {
  await using server = await startMailServer()
  await using app = await openMailApp(smtpUrlOf(server), { LICET_CHECKOUT_DAYS: '30' })
  await orderMail(app)
  await runJob(sendMails, app.deps)
  const waiting = await orderMail(app)
  app.clock.advanceMs(30 * DAY_MS - 1)
  await runJob(cleanUp, app.deps)
  expect(await listMails(app)).toHaveLength(2)
  app.clock.advanceMs(1)
  await runJob(cleanUp, app.deps)
  expect(await listMails(app)).toMatchObject([{ id: waiting.id, state: 'pending' }])
})
