import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

/** Each part that must not be shown contains "fake". */
const secrets = {
  LICET_ADMIN_TOKEN: `licet_${'fake'.repeat(9)}`,
  LICET_MASTER_SECRET: Buffer.alloc(32, 'fake').toString('base64'),
  LICET_STRIPE_SECRETS: 'whsec_fakeOld,whsec_fakeNew',
  LICET_STRIPE_API_KEY: 'rk_test_fake',
  LICET_SMTP_URL: 'smtp://fakeUser:fakePassword@127.0.0.1:1',
}

let site: Site
beforeAll(async () => {
  site = await openSite(
    {},
    {
      ...secrets,
      LICET_MAIL_FROM: 'Acme <licenses@example.com>',
      LICET_HISTORY_DAYS: '91',
      LICET_HISTROY_DAYS: 'fakeUnknown',
    },
  )
})
afterAll(() => site.close())

const rowOf = async (page: Page, name: string) =>
  page
    .getByRole('row')
    .filter({ has: page.getByText(name, { exact: true }) })
    .textContent()

test('settings: the page has no flaw, with all variables and with those that are set', async () => {
  await site.checkFour('/admin/settings', async (page) => {
    await page.getByLabel('Only what differs from the defaults').check()
  })
})

test('settings: each variable has the value and the source of the API, and unknown ones are named', async () => {
  const { body } = await site.send('GET', '/api/v1/settings')
  await using visited = await site.open('/admin/settings')
  const { page } = visited
  await expectSoon(() => rowOf(page, 'LICET_HISTORY_DAYS')).toMatch(/91.*Environment/)
  await expectSoon(() => rowOf(page, 'LICET_PORT')).toMatch(/3000.*Default/)
  await expectSoon(() => rowOf(page, 'LICET_STRIPE_SECRETS')).toMatch(/Set.*Environment/)
  await expectSoon(() => rowOf(page, 'LICET_PADDLE_SECRETS')).toMatch(/Not set.*Default/)
  await expectSoon(() => page.locator('main tbody tr').count()).toBe(body.variables.length)
  await page.getByText('Licet does not know LICET_HISTROY_DAYS').waitFor()
  const facts = await page.locator('main .facts dd').allTextContents()
  expect(facts).toEqual([body.version, body.schema])
})

test('settings: what differs from the defaults stays chosen after a reload', async () => {
  await using visited = await site.open('/admin/settings')
  const { page } = visited
  await page.getByLabel('Only what differs from the defaults').check()
  await page.reload()
  await visited.settle()
  await expectSoon(() => new URL(page.url()).search).toBe('?show=set')
  const sources = await page.locator('main tbody td:last-child').allTextContents()
  expect(sources.length).toBeGreaterThan(5)
  expect(sources).not.toContain('Default')
})

test('settings: the value of a secret is in no response and nowhere in the page', async () => {
  const bodies: Promise<string>[] = []
  await using visited = await site.open('/admin/settings', {
    onResponse: (response) => bodies.push(response.text().catch(() => '')),
  })
  const { page } = visited
  await page.goto(`${site.url}/admin/health`)
  await visited.settle()
  const texts = [await page.content(), ...(await Promise.all(bodies))]
  expect(texts.some((text) => text.includes('LICET_STRIPE_SECRETS'))).toBe(true)
  const values = Object.values(secrets).flatMap((text) => text.split(','))
  for (const value of [...values, 'fakeUser', 'fakePassword', 'fakeUnknown'])
    expect(texts.filter((text) => text.includes(value))).toEqual([])
})

test('settings: without settings:read, the page names the scope', async () => {
  await using visited = await site.open('/admin/settings', { as: ['plans:read'], allow: [403] })
  await visited.page.getByText('settings:read').first().waitFor()
  await visited.check('refused')
})
