import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nextTurn } from '~/turns.ts'
import { openBrowser } from '../../support/browser.ts'
import { MAIL_FROM, type ReceivedMail, refusal } from '../../support/mail-server.ts'
import { codeIn, openPortal, PORTAL, type Portal } from '../../support/portal.ts'
import { expectProblem } from '../../support/problems.ts'

const CODES = `${PORTAL}/codes`
const SESSION = `${PORTAL}/session`
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ LICET_PUBLIC_URL: 'https://licenses.example.com' })
})
afterAll(() => portal.close())

let customers = 0
/** Creates a license for an address of its own, because the number of codes is limited. */
async function createCustomer(app = portal): Promise<string> {
  app.clock.advanceMs(HOUR_MS)
  const email = `customer-${++customers}@example.com`
  await app.createLicense({ customer_email: email })
  return email
}

test('codes: a customer gets one by email, in the language of the browser, and signs in with it', async () => {
  const email = await createCustomer()
  const browser = openBrowser(portal.url)
  const count = portal.mailServer.mails.length
  const headers = { 'accept-language': 'de-AT,de;q=0.9' }
  const { status, body } = await browser.send(
    'POST',
    CODES,
    { email: email.toUpperCase() },
    headers,
  )
  expect(status).toBe(202)
  expect(Object.keys(body)).toEqual(['expires_at'])
  await portal.mailServer.waitForMails(count + 1)
  const { to, mail } = portal.mailServer.mails[count] ?? {}
  const code = codeIn(mail?.text ?? '')
  expect(to).toEqual([email])
  expect(mail?.from?.text).toBe(`"${MAIL_FROM.replace(' <', '" <')}`)
  expect(mail?.subject).toBe(`${code} ist Ihr Code für Acme Software`)
  expect(mail?.text).toContain(`https://licenses.example.com/portal#code=${code}`)
  const signedIn = await browser.send('POST', SESSION, {
    code: `${code.slice(0, 4)} ${code.slice(4)}`,
  })
  expect(signedIn.status).toBe(201)
  expect(signedIn.body.session).toMatchObject({ kind: 'email', customer_email: email })
})

test('codes: an unknown address gets the same response and no email', async () => {
  const email = await createCustomer()
  const responses = []
  const count = portal.mailServer.mails.length
  for (const each of ['nobody@example.com', email]) {
    const browser = openBrowser(portal.url)
    const { status, body, headers } = await browser.send('POST', CODES, { email: each })
    const cookies = headers.getSetCookie().map((line) => line.replace(/=[\w-]{43}/, '=…'))
    const names = [...headers.keys()].sort()
    responses.push({ status, body, cookies, names })
    const wrong = await browser.send('POST', SESSION, { code: '00000000' })
    expectProblem(wrong, 401, 'unauthorized')
  }
  expect(responses[0]).toEqual(responses[1])
  expect(responses[0]?.cookies).toEqual([
    'licet_portal_code=…; Path=/; HttpOnly; SameSite=Lax; Max-Age=600',
  ])
  await portal.mailServer.waitForMails(count + 1)
  expect(portal.mailServer.mails.slice(count).map(({ to }) => to)).toEqual([[email]])
})

test('codes: a scanner that posts the code from elsewhere does not use it up', async () => {
  const email = await createCustomer()
  const browser = openBrowser(portal.url)
  const code = await portal.requestCode(browser, email)
  const scanner = openBrowser(portal.url)
  for (let round = 0; round < 10; round += 1) {
    expectProblem(await scanner.send('POST', SESSION, { code }), 401, 'unauthorized')
  }
  // Also not from a browser that has requested a code of its own.
  await scanner.send('POST', CODES, { email: 'nobody@example.com' })
  expectProblem(await scanner.send('POST', SESSION, { code }), 401, 'unauthorized')
  expect((await browser.send('POST', SESSION, { code })).status).toBe(201)
})

test('codes: one works once', async () => {
  const email = await createCustomer()
  const browser = openBrowser(portal.url)
  const code = await portal.requestCode(browser, email)
  const cookie = browser.cookie()
  const answers = await Promise.all(
    [1, 2, 3].map(() => openBrowser(portal.url).send('POST', SESSION, { code }, { cookie })),
  )
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 401, 401])
})

test('codes: after 5 wrong ones, the right one is rejected, and after 4 it works', async () => {
  const email = await createCustomer()
  for (const [attempts, status] of [
    [5, 401],
    [4, 201],
  ] as const) {
    const browser = openBrowser(portal.url)
    const code = await portal.requestCode(browser, email)
    const wrong = code === '11111111' ? '22222222' : '11111111'
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      expectProblem(await browser.send('POST', SESSION, { code: wrong }), 401, 'unauthorized')
    }
    expect((await browser.send('POST', SESSION, { code })).status).toBe(status)
    portal.clock.advanceMs(MINUTE_MS)
  }
})

test('codes: one works for 10 minutes, and is then deleted', async () => {
  const email = await createCustomer()
  for (const [ageMs, status] of [
    [10 * MINUTE_MS, 401],
    [10 * MINUTE_MS - 1, 201],
  ] as const) {
    const browser = openBrowser(portal.url)
    const code = await portal.requestCode(browser, email)
    portal.clock.advanceMs(ageMs)
    expect((await browser.send('POST', SESSION, { code })).status).toBe(status)
  }
  const { maintenance } = portal.deps.store
  await maintenance.cleanUp(portal.clock.trustedMs() + HOUR_MS, 1000)
  expect((await portal.database.readRows()).portal_codes).toEqual([])
})

test('codes: 3 an hour for an address, known or not, then 429', async () => {
  for (const email of [await createCustomer(), 'stranger@example.com']) {
    for (const expected of [202, 202, 202, 429]) {
      const answer = await openBrowser(portal.url).send('POST', CODES, { email })
      expect(answer.status).toBe(expected)
      if (expected === 429) expect(Number(answer.headers.get('retry-after'))).toBe(3600)
    }
  }
  const email = 'stranger@example.com'
  for (const jumpMs of [2 * HOUR_MS, -2 * HOUR_MS]) {
    portal.clock.jumpMs(jumpMs)
    expect((await openBrowser(portal.url).send('POST', CODES, { email })).status).toBe(429)
  }
  portal.clock.advanceMs(HOUR_MS)
  const later = await openBrowser(portal.url).send('POST', CODES, { email })
  expect(later.status).toBe(202)
})

test('codes: 10 an hour from an IP address, then 429', async () => {
  portal.clock.advanceMs(HOUR_MS)
  const statuses = []
  for (let number = 0; number < 11; number += 1) {
    const email = `stranger-${number}@example.com`
    statuses.push((await openBrowser(portal.url).send('POST', CODES, { email })).status)
  }
  expect(statuses).toEqual([...Array(10).fill(202), 429])
})

test('codes: a request from a page elsewhere gets 403, and an invalid address 422', async () => {
  portal.clock.advanceMs(HOUR_MS)
  const browser = openBrowser(portal.url)
  const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example.com' }
  const elsewhere = await browser.send('POST', CODES, { email: 'ann@example.com' }, headers)
  expectProblem(elsewhere, 403, 'cross_site_request')
  const invalid = await browser.send('POST', CODES, { email: 'ann' })
  expectProblem(invalid, 422, 'validation_failed', ['/email'])
  expectProblem(await browser.send('POST', CODES, {}), 422, 'validation_failed', ['/email'])
})

test('codes: a refused email is logged without its code and address, and the response is the same', async () => {
  const onMessage = ({ raw, to }: ReceivedMail) => {
    throw refusal(550, `refused for ${to}: ${codeIn(raw.replaceAll('\r', ''))}`)
  }
  await using app = await openPortal({}, { onMessage })
  await app.createLicense({ customer_email: 'ann@example.com' })
  const answer = await openBrowser(app.url).send('POST', CODES, { email: 'ann@example.com' })
  expect(answer.status).toBe(202)
  const findLine = () => app.logLines.find((line) => line.includes('a code was not sent'))
  while (findLine() === undefined) await nextTurn()
  const { reason } = JSON.parse(findLine() ?? '')
  expect(reason).toBe('The mail server refused the message. 550 refused for … …')
})

test('codes: the link is left out if this server does not show the portal', async () => {
  await using app = await openPortal({
    LICET_PUBLIC_URL: 'https://licenses.example.com',
    LICET_PAGES: 'admin',
  })
  await app.createLicense({ customer_email: 'ann@example.com' })
  await app.requestCode(openBrowser(app.url), 'ann@example.com')
  expect(app.mailServer.mails[0]?.mail.text).not.toContain('https:')
})

test('codes: they are in no log and in no file in the clear', async () => {
  const email = await createCustomer()
  const browser = openBrowser(portal.url)
  const code = await portal.requestCode(browser, email)
  const [, token = ''] = /licet_portal_code=([\w-]+)/.exec(browser.cookie()) ?? []
  await browser.send('POST', SESSION, { code: '99999999' })
  await portal.deps.store.flush()
  const files = readdirSync(portal.directory).filter((name) => /sqlite|wal/.test(name))
  const texts = files.map((name) => readFileSync(join(portal.directory, name), 'latin1'))
  expect(token.length).toBe(43)
  for (const text of [...texts, portal.logLines.join('')]) {
    expect(text.includes(code)).toBe(false)
    expect(text.includes(token)).toBe(false)
  }
  expect((await browser.send('POST', SESSION, { code })).status).toBe(201)
})

test('codes: without mail in LICET_PORTAL, requesting one gets 404', async () => {
  await using app = await openPortal({ LICET_PORTAL: 'key' })
  const answer = await openBrowser(app.url).send('POST', CODES, { email: 'ann@example.com' })
  expectProblem(answer, 404, 'not_found')
  expect(answer.body.detail).toContain('license key')
  expect((await app.database.readRows()).portal_codes).toEqual([])
})
