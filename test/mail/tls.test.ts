import { afterAll, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sendMails } from '~/jobs/send-mails.ts'
import type { TestApp } from '../support/app.ts'
import { testAuthority } from '../support/certificates.ts'
import { runJob } from '../support/jobs.ts'
import { openMailApp, startMailServer } from '../support/mail-server.ts'
import { createScratchDirectory } from '../support/scratch.ts'

const directory = createScratchDirectory()
const authorityFile = join(directory, 'authority.pem')
writeFileSync(authorityFile, testAuthority)
afterAll(() => rmSync(directory, { recursive: true }))

const credentials = { user: 'licet@acme.example', password: 'p@ss/wörd#1%' }
const login = `${encodeURIComponent(credentials.user)}:${encodeURIComponent(credentials.password)}@`
const trusted = `ca=${encodeURIComponent(authorityFile)}`

/** Sends the key of a new license. Returns the mail after that. */
async function sendOne(app: TestApp) {
  const { id } = await app.createLicense()
  const { body: ordered } = await app.send('POST', `/api/v1/licenses/${id}/mail`)
  await runJob(sendMails, app.deps)
  const { body } = await app.send('GET', `/api/v1/mails/${ordered.id}`)
  const log = app.logLines.join('\n')
  for (const secret of [credentials.password, credentials.user]) {
    expect(body.reason ?? '').not.toContain(secret)
    expect(log).not.toContain(secret)
  }
  return body
}

test('mail: a login is sent over STARTTLS with a trusted certificate', async () => {
  await using server = await startMailServer({ tls: 'starttls', credentials })
  const url = `smtp://${login}127.0.0.1:${server.port}?insecure=false&${trusted}`
  await using app = await openMailApp(url)
  expect(await sendOne(app)).toMatchObject({ state: 'sent', reason: null })
  expect(server.mails).toMatchObject([{ isSecure: true, user: credentials.user }])
})

test('mail: a login is sent over implicit TLS with a trusted certificate', async () => {
  await using server = await startMailServer({ tls: 'implicit', credentials })
  await using app = await openMailApp(`smtps://${login}127.0.0.1:${server.port}?${trusted}`)
  expect(await sendOne(app)).toMatchObject({ state: 'sent' })
  expect(server.mails).toMatchObject([{ isSecure: true, user: credentials.user }])
})

test('mail: without STARTTLS, neither the password nor the mail is sent', async () => {
  await using server = await startMailServer({ tls: 'none', credentials })
  await using app = await openMailApp(`smtp://${login}127.0.0.1:${server.port}?insecure=false`)
  expect(await sendOne(app)).toMatchObject({
    state: 'pending',
    reason: 'The mail server offers no TLS, which LICET_SMTP_URL requires.',
  })
  expect([server.logins, server.mails]).toEqual([[], []])
})

test.each(['', '?insecure=true', '?insecure'])(
  'mail: on this machine, TLS is optional, and its certificate not verified (%p)',
  async (query) => {
    for (const tls of ['none', 'starttls'] as const) {
      await using server = await startMailServer({ tls, credentials })
      await using app = await openMailApp(`smtp://${login}127.0.0.1:${server.port}/${query}`)
      expect(await sendOne(app)).toMatchObject({ state: 'sent' })
      expect(server.mails).toMatchObject([{ isSecure: tls === 'starttls' }])
    }
  },
)

test.each(['starttls', 'implicit'] as const)(
  'mail: a server whose certificate is not trusted gets no password (%s)',
  async (tls) => {
    await using server = await startMailServer({ tls, credentials })
    const scheme = tls === 'implicit' ? 'smtps' : 'smtp'
    const url = `${scheme}://${login}127.0.0.1:${server.port}?insecure=false`
    await using app = await openMailApp(url)
    const { state, reason } = await sendOne(app)
    expect(state).toBe('pending')
    expect(reason).toContain('certificate')
    expect([server.logins, server.mails]).toEqual([[], []])

    await using careless = await openMailApp(`${url}&tls.rejectUnauthorized=false`)
    expect(await sendOne(careless)).toMatchObject({ state: 'sent' })
  },
)

test('mail: a certificate for another name gets no password', async () => {
  await using server = await startMailServer({ tls: 'implicit', credentials })
  await using app = await openMailApp(`smtps://${login}localhost:${server.port}?${trusted}`)
  expect((await sendOne(app)).state).toBe('pending')
  expect([server.logins, server.mails]).toEqual([[], []])
})

test('mail: a wrong password is retried, because it can be corrected without losing mails', async () => {
  await using server = await startMailServer({ tls: 'implicit', credentials })
  const wrong = login.replace('p%40ss', 'wrong')
  await using app = await openMailApp(`smtps://${wrong}127.0.0.1:${server.port}?${trusted}`)
  expect(await sendOne(app)).toMatchObject({
    state: 'pending',
    reason: 'The mail server refused the user name or password of LICET_SMTP_URL.',
  })
  expect(server.mails).toEqual([])
})
