import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { formatRequestCode } from '../support/offline.ts'
import { codeIn, openPortal, type Portal } from '../support/portal.ts'
import { browse, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Portal & Site
beforeAll(async () => {
  const served = await openPortal({
    LICET_BRAND_NAME: 'Fernweh Software',
    LICET_BRAND_COLOR: '#ffd400',
    LICET_SUPPORT_URL: 'https://example.com/help',
  })
  site = await browse(served)
  const plan = { product: 'default', max_domains: 2, max_devices: 3 }
  const plans = [
    {
      ...plan,
      slug: 'movable',
      offline: { file_days: 30 },
      name: 'Movable',
      deactivations_max_per_30_days: 2,
    },
    { ...plan, slug: 'fixed', name: 'Fixed', self_deactivation: false },
  ]
  for (const each of plans) await site.send('POST', '/api/v1/plans', each)
})
afterAll(() => site.close())

let customers = 0

/** Creates a license that is in use on a device and on a domain. */
async function createUsedLicense(plan = 'movable', fields: object = {}) {
  site.clock.advanceMs(3_600_000)
  const email = `customer-${++customers}@example.com`
  const license = await site.createLicense({ plan, customer_email: email, ...fields })
  const places = [
    { fingerprint: `laptop-of-customer-${customers}`, device_name: 'Old laptop' },
    { domain: 'shop.example.com' },
  ]
  for (const place of places) await site.callAsClient('validate', { key: license.key, ...place })
  return { id: license.id, key: license.key, email }
}

const anyone = { as: 'no one' } as const

async function enterKey(page: Page, key: string): Promise<void> {
  await page.goto(`${site.url}/portal`)
  const other = page.getByRole('button', { name: 'Use a license key instead' })
  await other.click()
  await page.getByLabel('License key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}

async function requestCode(page: Page, email: string): Promise<string> {
  const count = site.mailServer.mails.length
  await page.getByLabel('Email address').fill(email)
  await page.getByRole('button', { name: 'Send the code' }).click()
  await site.mailServer.waitForMails(count + 1)
  return codeIn(site.mailServer.mails.at(-1)?.mail.text ?? '')
}

async function enterCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Code', { exact: true }).fill(code)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('portal: every page has no flaw, on a desktop and on a phone', async () => {
  const { email, id } = await createUsedLicense()
  await site.checkFour(
    '/portal',
    async (page, check) => {
      site.clock.advanceMs(3_600_000)
      const code = await requestCode(page, email)
      await check('with the code form')
      await enterCode(page, code)
      await page.getByRole('link', { name: 'Movable' }).click()
      await check('with a license')
      await page.getByRole('button', { name: 'Show the key' }).click()
      await check('with the key')
      await page.getByRole('button', { name: 'Release' }).first().click()
      await check('with a dialog')
      await page.getByRole('button', { name: 'Cancel' }).click()
    },
    anyone,
  )
  expect((await site.send('GET', `/api/v1/licenses/${id}/activations`)).body.data).toHaveLength(2)
  await site.checkFour('/portal/offline', undefined, anyone)
  await site.checkFour('/portal/nowhere', undefined, anyone)
})

test('portal: a customer signs in with the code of the email, and sees all licenses of the address', async () => {
  const { email } = await createUsedLicense()
  await site.createLicense({ plan: 'fixed', customer_email: email })
  await createUsedLicense()
  await using visited = await site.open('/portal', anyone)
  const { page } = visited
  await enterCode(page, await requestCode(page, email))
  await page.getByRole('link', { name: 'Movable' }).waitFor()
  await expectSoon(() => page.locator('.license-card').count()).toBe(2)
})

test('portal: a wrong code says what to do, and the right one still works', async () => {
  const { email } = await createUsedLicense()
  await using visited = await site.open('/portal', { ...anyone, allow: [401] })
  const { page } = visited
  const code = await requestCode(page, email)
  await enterCode(page, code === '00000000' ? '00000001' : '00000000')
  await page.getByText('This code is wrong or has expired.').waitFor()
  await enterCode(page, code)
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
})

test('portal: the link of the email signs in only in the browser that requested the code', async () => {
  const { email } = await createUsedLicense()
  await using visited = await site.open('/portal', { ...anyone, allow: [401] })
  const code = await requestCode(visited.page, email)
  // A scanner opens the link and submits the form that it finds.
  await using scanner = await site.open(`/portal#code=${code}`, { ...anyone, allow: [401] })
  await scanner.page.getByRole('button', { name: 'Sign in' }).click()
  await scanner.page.getByText('This code is wrong or has expired.').waitFor()
  // A new document, as in a new tab.
  await visited.page.goto('about:blank')
  await visited.page.goto(`${site.url}/portal#code=${code}`)
  await expectSoon(() => visited.page.getByLabel('Code', { exact: true }).inputValue()).toBe(code)
  await visited.page.getByRole('button', { name: 'Sign in' }).click()
  await visited.page.getByRole('button', { name: 'Sign out' }).waitFor()
  expect(visited.page.url()).not.toContain(code)
})

test('portal: a key shows that license only, and never its key or address in full', async () => {
  const { id, key, email } = await createUsedLicense()
  await using visited = await site.open('/portal', anyone)
  await enterKey(visited.page, key)
  await visited.page.waitForURL(`**/portal/licenses/${id}`)
  await visited.page.getByText('Old laptop').waitFor()
  const html = await visited.page.content()
  expect(html).not.toContain(key)
  expect(html).not.toContain(email)
  await expectSoon(() => visited.page.getByRole('button', { name: 'Show the key' }).count()).toBe(0)
})

test('portal: a customer releases an old laptop, within the budget of the plan', async () => {
  const { id, key } = await createUsedLicense()
  await using visited = await site.open('/portal', anyone)
  const { page } = visited
  await enterKey(page, key)
  for (const name of ['Old laptop', 'shop.example.com']) {
    await page.getByRole('listitem').filter({ hasText: name }).getByRole('button').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click()
    await page.getByText(`${name} was released.`).waitFor()
  }
  const { body } = await site.send('GET', `/api/v1/licenses/${id}/activations`)
  expect(body.data).toEqual([])
  const events = (await site.send('GET', `/api/v1/licenses/${id}/events`)).body.data
  expect(
    events.filter((each: { type: string }) => each.type === 'activation.deleted'),
  ).toHaveLength(2)
  await site.callAsClient('validate', { key, fingerprint: 'a-new-laptop-of-the-customer' })
  await page.reload()
  await page.getByText('You can release the next one on').waitFor()
  await expectSoon(() => page.getByRole('button', { name: 'Release' }).count()).toBe(0)
})

test('portal: where the plan forbids it, nothing can be released, and the page says whom to ask', async () => {
  const { key } = await createUsedLicense('fixed')
  await using visited = await site.open('/portal', anyone)
  await enterKey(visited.page, key)
  await visited.page.getByText('contact the vendor').waitFor()
  await expectSoon(() => visited.page.getByRole('button', { name: 'Release' }).count()).toBe(0)
})

test("portal: a license that does not work says why, in the vendor's name alone", async () => {
  const { id, key } = await createUsedLicense()
  await site.send('POST', `/api/v1/licenses/${id}/suspend`, { reason: 'chargeback' })
  await using visited = await site.open('/portal', anyone)
  await enterKey(visited.page, key)
  await visited.page.getByText('This license does not work at the moment.').waitFor()
  const text = (await visited.page.title()) + (await visited.page.locator('body').textContent())
  expect(text).toContain('Fernweh Software')
  expect(text).not.toMatch(/licet|chargeback/i)
})

test('portal: another license is not found, as if it did not exist', async () => {
  const [own, foreign] = [await createUsedLicense(), await createUsedLicense()]
  await using visited = await site.open('/portal', { ...anyone, allow: [404] })
  await enterKey(visited.page, own.key)
  for (const id of [foreign.id, 'lic_00000000000000000000000000']) {
    await visited.page.goto(`${site.url}/portal/licenses/${id}`)
    await visited.page.getByText('This license cannot be found.').waitFor()
  }
})

test.each([
  ['de-AT', 'Anmelden', 'Lizenzschlüssel'],
  ['fr-CA', 'Connexion', 'Clé de licence'],
  ['es-MX', 'Iniciar sesión', 'Clave de licencia'],
  ['ja-JP', 'ログイン', 'ライセンスキー'],
  ['nl-NL', 'Sign in', 'License key'],
])('portal: for %s, the sign-in is called "%s"', async (locale, heading, label) => {
  await using visited = await site.open('/portal', { ...anyone, locale })
  const { page } = visited
  await page.getByRole('heading', { name: heading }).waitFor()
  await expectSoon(() => page.locator('html').getAttribute('lang')).toBe(
    locale === 'nl-NL' ? 'en' : locale.slice(0, 2),
  )
  await page.locator('main button.quiet').click()
  await page.getByLabel(label).waitFor()
  await visited.check('with a license key')
})

test('portal: the chosen language stays', async () => {
  await using visited = await site.open('/portal', anyone)
  await visited.page.getByLabel('Language').selectOption('de')
  await visited.page.reload()
  await visited.page.getByRole('heading', { name: 'Anmelden' }).waitFor()
})

test('portal: a device without a connection gets its file from the request code of a QR code', async () => {
  const { key } = await createUsedLicense()
  const fingerprint = 'a-device-without-a-connection'
  const request = formatRequestCode({ key, fp: fingerprint })
  await using visited = await site.open(`/offline#${request}`, anyone)
  const { page } = visited
  await page.waitForURL('**/portal/offline')
  await expectSoon(() => page.getByLabel('Request code').inputValue()).toBe(request)
  await page.getByRole('button', { name: 'Get the license file' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Save the file' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('license.txt')
  const text = await Bun.file(join(await download.path())).text()
  expect(text).toStartWith('-----BEGIN LICET LICENSE-----')
  await page.getByText('License file as a QR code').click()
  await page.getByRole('img', { name: 'License file as a QR code' }).waitFor()
  await visited.check('with the file')
})
