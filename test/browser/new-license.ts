import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { eventTypesIn } from '../support/database.ts'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

const path = '/admin/licenses/new'

let site: Site
beforeAll(async () => {
  site = await openSite()
  const terms = { features: { sso: true, projects: 10 }, max_domains: 3, duration_days: 365 }
  await site.send('PUT', '/api/v1/plans/professional', terms)
})
afterAll(() => site.close())

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: true })
const email = (page: Page) => page.getByLabel("Customer's email address")

/** Returns the newest license. */
const findNewest = async () => (await site.send('GET', '/api/v1/licenses?limit=1')).body.data[0]

test('new license: the form has no flaw, with everything open, with errors, and with keys', async () => {
  await site.checkFour(`${path}?plan=professional`, async (page, check) => {
    await page.getByText('Reference, own key').click()
    await button(page, 'Add a feature').click()
    await button(page, 'Add an entry').click()
    await page.getByLabel('Expires', { exact: true }).selectOption('day')
    await check('with all fields')
    await email(page).fill('ada@example.com')
    await page.getByLabel('Quantity').fill('2')
    await page.getByLabel('Expires', { exact: true }).selectOption('never')
    await button(page, 'Create 2 licenses').click()
    await page.getByRole('heading', { name: '2 licenses created' }).waitFor()
  })
})

test('new license: the values of the plan are beside the fields, and only overrides are sent', async () => {
  await using visited = await site.open(`${path}?plan=professional&customer_email=ada@example.com`)
  const { page } = visited
  const main = await page.locator('main').textContent()
  for (const value of ['In the plan: 3', 'In the plan: no limit', 'In the plan: yes'])
    expect(main).toContain(value)
  await page.getByLabel('Domains', { exact: true }).fill('7')
  await page.getByLabel('No limit').nth(1).check()
  await page.getByLabel('sso').selectOption('false')
  await button(page, 'Add a feature').click()
  await page.getByLabel('Name of feature 1').fill('beta')
  await page.getByLabel('Value of feature 1').fill('true')
  await page.getByText('Reference, own key').click()
  await page.getByLabel('Reference').fill('order-7')
  await page.getByLabel('Domains to activate').fill('a.example.com\nb.example.com')
  const request = page.waitForRequest('**/api/v1/licenses')
  await button(page, 'Create license').click()
  expect((await request).postDataJSON()).toEqual({
    plan: 'professional',
    customer_email: 'ada@example.com',
    max_domains: 7,
    max_devices: null,
    features: { sso: false, beta: true },
    external_ref: 'order-7',
    domains: ['a.example.com', 'b.example.com'],
  })
  await page.getByRole('heading', { name: '1 license created' }).waitFor()
  expect((await findNewest()).features).toEqual({ sso: false, projects: 10, beta: true })
})

test('new license: errors are at their fields, the first has the focus, and what was entered stays', async () => {
  await using visited = await site.open(path, { allow: [422] })
  const { page } = visited
  const before = eventTypesIn(site.directory).length
  await page.getByLabel('Plan').selectOption('professional')
  await email(page).fill('no address')
  await page.getByLabel('Quantity').fill('1001')
  await button(page, 'Create 1,001 licenses').click()
  const quantity = page.getByLabel('Quantity')
  await page.locator('[aria-invalid="true"]').first().waitFor()
  await visited.check('with errors')
  for (const field of [quantity, email(page)]) {
    const described = (await field.getAttribute('aria-describedby'))?.split(' ').at(-1)
    await expectSoon(() => page.locator(`[id="${described}"]`).getAttribute('class')).toBe('error')
  }
  const focused = await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))
  expect(focused).toBe('true')
  await expectSoon(() => email(page).inputValue()).toBe('no address')
  expect(eventTypesIn(site.directory)).toHaveLength(before)
})

test('new license: an error in a closed part opens it', async () => {
  await using visited = await site.open(`${path}?plan=starter&customer_email=ada@example.com`, {
    allow: [422],
  })
  const { page } = visited
  await page.getByText('Reference, own key').click()
  await page.getByLabel('Existing key').fill('short')
  await page.getByText('Reference, own key').click()
  await button(page, 'Create license').click()
  await page.getByLabel('Existing key').waitFor()
  await expectSoon(() => page.getByLabel('Existing key').getAttribute('aria-invalid')).toBe('true')
})

test('new license: a license is imported with its key', async () => {
  await using visited = await site.open(`${path}?plan=starter&customer_email=old@example.com`)
  const { page } = visited
  const key = 'an-example-of-an-old-key-0001'
  await page.getByText('Reference, own key').click()
  await page.getByLabel('Existing key').fill(key)
  await button(page, 'Create license').click()
  await expectSoon(() => page.locator('code').textContent()).toBe(key)
  expect((await site.validate({ key })).body.valid).toBe(true)
})

test('new license: two clicks create one license', async () => {
  await using visited = await site.open(`${path}?plan=starter&customer_email=twice@example.com`)
  const { page } = visited
  await button(page, 'Create license').dblclick()
  await page.getByRole('heading', { name: '1 license created' }).waitFor()
  const { body } = await site.send('GET', '/api/v1/licenses?customer_email=twice@example.com')
  expect(body.data).toHaveLength(1)
})

test('new license: 1,000 keys are one file, which no other page offers', async () => {
  await using visited = await site.open(`${path}?plan=starter&customer_email=bulk@example.com`)
  const { page } = visited
  await page.getByLabel('Quantity').fill('1000')
  await button(page, 'Create 1,000 licenses').click()
  const save = button(page, 'Download 1,000 keys')
  await save.waitFor()
  await expectSoon(() => page.locator('main').textContent()).not.toMatch(/TO-\w{4}-/)
  const asked: string[] = []
  page.on('dialog', (dialog) => {
    asked.push(dialog.message())
    return dialog.dismiss()
  })
  await page.getByRole('link', { name: 'Show licenses' }).click()
  expect(asked).toEqual(['Leave without downloading the keys?'])
  await expectSoon(() => new URL(page.url()).pathname).toBe(path)

  const download = page.waitForEvent('download')
  await save.click()
  const file = await Bun.file(await (await download).path()).text()
  const keys = file.trim().split('\r\n')
  expect(new Set(keys).size).toBe(1000)
  expect((await site.validate({ key: keys[999] })).body.valid).toBe(true)

  await page.reload()
  await visited.settle()
  await expectSoon(() => page.getByRole('heading', { level: 1 }).textContent()).toBe('New license')
  expect(await page.content()).not.toContain(keys[0] ?? '')
  expect(asked).toHaveLength(1)
})

test('new license: without its scopes, the page names the one that is missing, and offers no form', async () => {
  await using reader = await site.open(path, { as: ['licenses:read', 'plans:read'] })
  await reader.check('as it opens')
  await expectSoon(() => reader.page.getByRole('alert').textContent()).toContain('licenses:write')
  await expectSoon(() => button(reader.page, 'Create license').count()).toBe(0)
  await using writer = await site.open(path, { as: ['licenses:write'], allow: [403] })
  await expectSoon(() => writer.page.getByRole('alert').textContent()).toContain('plans:read')
})
