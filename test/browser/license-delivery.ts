import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Locator, Page } from 'playwright-core'
import { buildPayment, processAll, sendEvent } from '../support/checkout.ts'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

const API = '/api/v1/licenses'
const pageOf = ({ id }: { id: string }, tab: string) => `/admin/licenses/${id}?tab=${tab}`

let site: Site
beforeAll(async () => {
  site = await openSite()
  await site.send('PUT', '/api/v1/plans/professional', { offline: {} })
})
afterAll(() => site.close())

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** Returns the text of an element, in one line. */
const readText = async (locator: Locator) =>
  (await locator.allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ')

test('license purchase: it says where the license came from, and leads to the events of the shop', async () => {
  await site.send('POST', '/api/v1/checkout/rules', { plan: 'professional', price: 'price_1' })
  await sendEvent(site, buildPayment(site, { id: 'evt-1', order_id: 'order-1', price: 'price_1' }))
  await processAll(site)
  const [license] = (await site.send('GET', API)).body.data
  await using visited = await site.open(pageOf(license, 'purchase'))
  const { page } = visited
  await visited.check('with events')
  await expectSoon(() => readText(page.locator('.facts'))).toContain(license.purchase.reference)
  await page.getByRole('link', { name: 'paid' }).click()
  await page.waitForURL(/\/admin\/checkout\/events\/chk_/)
})

test('license emails: without a mail server, sending says what to configure', async () => {
  const license = await site.createLicense()
  await using visited = await site.open(pageOf(license, 'emails'), { allow: [409] })
  await button(visited.page, 'Send key by email').click()
  await visited.page.getByText('No mail server is configured.').waitFor()
  await visited.check('with a problem')
  expect((await site.send('GET', '/api/v1/mails')).body.data).toEqual([])
})

test('license files: a file is created once and downloaded, and then listed without its text', async () => {
  const license = await site.createLicense()
  await using visited = await site.open(pageOf(license, 'files'))
  const { page } = visited
  await button(page, 'Create file').click()
  await page.getByLabel('Fingerprint').fill('f-1')
  await page.getByLabel('Name of the device').fill("Ada's laptop")
  await visited.check('before')
  await page.getByRole('dialog').getByRole('button', { name: 'Create file' }).dblclick()
  await button(page, 'Download').waitFor()
  await visited.check('with the file')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    button(page, 'Download').click(),
  ])
  expect(download.suggestedFilename()).toEndWith('.lic')
  const text = await Bun.file((await download.path()) ?? '').text()
  expect(text).toStartWith('-----BEGIN LICET LICENSE-----')
  await button(page, 'Close').last().click()
  await page.getByRole('rowheader', { name: 'One device' }).waitFor()
  expect((await site.send('GET', `${API}/${license.id}/files`)).body.data).toHaveLength(1)
  expect(await page.content()).not.toContain('BEGIN LICET')
})
