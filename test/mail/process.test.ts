import { expect, test } from 'bun:test'
import { MAIL_FROM, startMailServer } from '../support/mail-server.ts'
import {
  ADMIN_TOKEN,
  runLicet,
  Sandbox,
  type ServerProcess,
  startServer,
} from '../support/server.ts'

const order = { plan: 'starter', customer_email: 'dev@example.com', customer_name: 'Ada' }

const envOf = (port: number) => ({
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  LICET_SMTP_URL: `smtp://127.0.0.1:${port}`,
  LICET_MAIL_FROM: MAIL_FROM,
})

async function orderMail(server: ServerProcess) {
  const { body: license } = await server.send('POST', '/api/v1/licenses', order)
  const { body: mail } = await server.send('POST', `/api/v1/licenses/${license.id}/mail`)
  return { ...mail, key: license.key }
}

test('mail: a running server sends a mail when it is ordered, and its log shows no address or key', async () => {
  await using mailServer = await startMailServer()
  using sandbox = new Sandbox()
  await using server = await startServer(sandbox, envOf(mailServer.port))
  const ordered = await orderMail(server)
  await mailServer.waitForMails(1)
  expect(mailServer.mails[0]?.mail.text).toContain(ordered.key)
  await server.waitForLog('"job":"send-mails"')
  expect(await server.stop()).toBe(0)
  // The error contains the whole log.
  const log = await server.waitForLog('there is no such line').catch((error) => error.message)
  expect(log).toContain('"job":"send-mails"')
  expect(log).not.toMatch(/dev@example\.com|licenses@acme/)
  expect(log).not.toContain(ordered.key)
})

test('SIGTERM: a mail under way is finished', async () => {
  const started = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  await using mailServer = await startMailServer({
    onMessage: async () => {
      started.resolve()
      await finish.promise
    },
  })
  using sandbox = new Sandbox()
  const env = envOf(mailServer.port)
  await using server = await startServer(sandbox, env)
  const ordered = await orderMail(server)
  await started.promise
  const stopped = server.stop()
  await server.waitForLog('stopping')
  finish.resolve()
  expect(await stopped).toBe(0)
  await using next = await startServer(sandbox, env)
  const { body } = await next.send('GET', `/api/v1/mails/${ordered.id}`)
  expect(body).toMatchObject({ state: 'sent', tries: 1 })
  expect(mailServer.mails).toHaveLength(1)
})

test('SIGTERM: a mail that hangs is released, and sent under the same Message-ID after the restart', async () => {
  const ids: (string | undefined)[] = []
  const started = Promise.withResolvers<void>()
  await using mailServer = await startMailServer({
    onMessage: async ({ mail }) => {
      ids.push(mail.messageId)
      started.resolve()
      if (ids.length === 1) await new Promise(() => undefined)
    },
  })
  using sandbox = new Sandbox()
  const env = envOf(mailServer.port)
  await using server = await startServer(sandbox, env)
  const ordered = await orderMail(server)
  await started.promise
  expect(await server.stop()).toBe(0)
  await using _next = await startServer(sandbox, env)
  await mailServer.waitForMails(1)
  expect(ids).toEqual([ordered.message_id, ordered.message_id])
}, 120_000)

test('mail: validations are answered while the mail server hangs', async () => {
  const started = Promise.withResolvers<void>()
  await using mailServer = await startMailServer({
    onMessage: () => {
      started.resolve()
      return new Promise(() => undefined)
    },
  })
  using sandbox = new Sandbox()
  await using server = await startServer(sandbox, envOf(mailServer.port))
  const { key } = await orderMail(server)
  for (let count = 0; count < 20; count += 1) await orderMail(server)
  await started.promise
  const body = { key, domain: 'example.com' }
  const { status } = await server.send('POST', '/api/v1/validate', body)
  expect(status).toBe(200)
})

test('licet mail preview: shows what the customer would get, with the key masked', async () => {
  await using mailServer = await startMailServer()
  using sandbox = new Sandbox()
  const env = { ...envOf(mailServer.port), LICET_SUPPORT_URL: 'help@acme.example' }
  await using server = await startServer(sandbox, env)
  const { body: license } = await server.send('POST', '/api/v1/licenses', order)
  const preview = (...args: string[]) =>
    runLicet(sandbox, ['mail', 'preview', license.id, ...args], env)
  const { code, stdout } = await preview()
  expect(code).toBe(0)
  expect(stdout).toStartWith(`From: Acme Software <licenses@acme.example>
To: Ada <dev@example.com>
Subject: Your license key for Default product

Hello Ada,
`)
  expect(stdout).toContain('TO-****-****-****-')
  expect(stdout).toContain('help@acme.example')
  expect((await preview('--reveal', '--html')).stdout).toContain(
    `<p class="key">${license.key}</p>`,
  )
  expect((await preview('--kind', 'past_due')).stdout).toContain(
    'A payment for Default product has failed',
  )
  expect((await preview('--kind', 'other')).code).toBe(2)
  expect(mailServer.mails).toEqual([])
})

test('licet jobs run send-mails: sends what a stopped server has left', async () => {
  const started = Promise.withResolvers<void>()
  let arrivals = 0
  await using mailServer = await startMailServer({
    onMessage: async () => {
      started.resolve()
      arrivals += 1
      if (arrivals === 1) await new Promise(() => undefined)
    },
  })
  using sandbox = new Sandbox()
  const env = envOf(mailServer.port)
  await using server = await startServer(sandbox, env)
  const ordered = await orderMail(server)
  await started.promise
  await server.kill()
  // Without a mail server, it only releases the mail that the first one was sending.
  await using next = await startServer(sandbox)
  expect(await next.stop()).toBe(0)
  const { code } = await runLicet(sandbox, ['jobs', 'run', 'send-mails'], env)
  expect(code).toBe(0)
  expect(mailServer.mails.map(({ mail }) => mail.messageId)).toEqual([ordered.message_id])
})
