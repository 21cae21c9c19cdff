import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { eventTypesIn } from '../support/database.ts'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
  await site.createLicense({ customer_email: 'ada@example.com', customer_name: 'Ada Lovelace' })
  await site.createLicense({ customer_email: 'ada@example.com', plan: 'starter' })
  await site.createLicense({ customer_email: 'adam@example.org', customer_name: 'Adam' })
})
afterAll(() => site.close())

const finder = (page: Page) => page.getByRole('searchbox')
const dialog = (page: Page) => page.getByRole('dialog')
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

test('customers: the pages have no flaw, from the search to the dialog of the erasure', async () => {
  await site.checkFour('/admin/customers', async (page, check) => {
    await finder(page).fill('nobody at all')
    await page.getByText('No customer found').waitFor()
    await check('without a match')
    await finder(page).fill('ada')
    await page.getByRole('link', { name: 'ada@example.com' }).click()
    await page.locator('tbody tr').first().waitFor()
    await check('with a customer')
    await button(page, 'Erase data').click()
  })
})

test('customers: the start of an address or a name lists each customer once, with the licenses', async () => {
  await using visited = await site.open('/admin/customers')
  const { page } = visited
  await finder(page).fill('ada')
  const links = page.locator('.customer-list a')
  await links.nth(1).waitFor()
  expect((await links.allInnerTexts()).toSorted()).toEqual([
    expect.stringMatching(/^ada@example\.com\s+Ada Lovelace\s+2 licenses found$/),
    expect.stringMatching(/^adam@example\.org\s+Adam\s+1 license found$/),
  ])
  await finder(page).fill('lovelace')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'ada@example.com' }).waitFor()
  await visited.settle()
  await expectSoon(() => page.locator('tbody tr').count()).toBe(1 + 1)
  await expectSoon(() => page.getByRole('link', { name: 'New license' }).getAttribute('href')).toBe(
    '/admin/licenses/new?customer_email=ada%40example.com',
  )
})

test('customers: the export is a file with everything that the API exports, and is in the audit', async () => {
  await using visited = await site.open('/admin/customers?email=adam@example.org')
  const { page } = visited
  const download = page.waitForEvent('download')
  await button(page, 'Export data').click()
  const file = await Bun.file(await (await download).path()).json()
  const { body } = await site.send('POST', '/api/v1/customers/export', {
    customer_email: 'adam@example.org',
  })
  expect(file).toEqual(body)
  const audit = await site.send('GET', '/api/v1/audit?action=customer.export')
  expect(audit.body.data.at(-1).actor.name).toBe('Ada Lovelace')
})

test('customers: erasing needs the typed address, and its result names what is out of reach', async () => {
  const email = 'gone@example.com'
  const { id } = await site.createLicense({ customer_email: email, customer_name: 'Gone' })
  await using visited = await site.open(`/admin/customers?email=${email}`)
  const { page } = visited
  const find = async () => (await site.send('GET', `/api/v1/licenses/${id}`)).body.customer_email
  await button(page, 'Erase data').click()
  await dialog(page).getByLabel('Type the email address').fill('other@example.com')
  await dialog(page).getByRole('button', { name: 'Erase data' }).click()
  await dialog(page).getByText('This is not the email address of the customer.').waitFor()
  await expectSoon(() => find()).toBe(email)

  await dialog(page).getByLabel('Type the email address').fill(email)
  await page.keyboard.press('Enter')
  await dialog(page).getByText('1 license redacted').waitFor()
  await visited.check('with the result')
  await expectSoon(() => find()).toBeNull()
  await expectSoon(() => dialog(page).textContent()).toContain('backups made before the erasure')
  await button(page, 'Done').click()
  await page.waitForURL(/\/admin\/customers$/)
  expect(eventTypesIn(site.directory).at(-1)).toBe('customer.erased')
})

test('customers: without its scope, there is no export and no erasure', async () => {
  await using visited = await site.open('/admin/customers?email=ada@example.com', {
    as: ['licenses:read'],
  })
  await visited.check('as it opens')
  await expectSoon(() => visited.page.getByText('Privacy').count()).toBe(0)
  await expectSoon(() => visited.page.getByRole('link', { name: 'New license' }).count()).toBe(0)
})
