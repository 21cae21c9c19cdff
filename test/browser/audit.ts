import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Site
let licenseId: string
beforeAll(async () => {
  site = await openSite()
  await site.send('PUT', '/api/v1/plans/professional', { max_devices: 3 })
  await site.send('PUT', '/api/v1/plans/professional', { max_devices: 5, features: { sso: true } })
  licenseId = (await site.createLicense()).id
  site.clock.advanceMs(3_600_000)
  await site.send('POST', `/api/v1/licenses/${licenseId}/suspend`, { reason: 'unpaid' })
})
afterAll(() => site.close())

const filter = (page: Page) => page.getByRole('button', { name: 'Filter', exact: true }).click()
const readRows = (page: Page) => page.locator('main tbody tr').allTextContents()

test('audit: the list, an entry, and a filter without results have no flaw', async () => {
  await site.checkFour('/admin/audit', async (page, check) => {
    await page
      .getByRole('button', { name: /^Details/ })
      .first()
      .click()
    await check('with an entry')
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('textbox', { name: 'Subject' }).fill('nothing')
    await filter(page)
    await page.getByText('No entries match').waitFor()
  })
})

test('audit: an entry says who changed what, from where, with its values before and after', async () => {
  await using visited = await site.open('/admin/audit?action=plan.update')
  const { page } = visited
  const [row] = await readRows(page)
  for (const part of ['plan.update', 'professional', 'test', 'API key', 'max_devices', '3', '5'])
    expect(row).toContain(part)
  await page
    .getByRole('button', { name: /^Details/ })
    .first()
    .click()
  const dialog = page.getByRole('dialog')
  const { body } = await site.send('GET', '/api/v1/audit?action=plan.update&limit=1')
  const [entry] = body.data
  for (const text of [entry.request_id, entry.hash])
    await expectSoon(() => dialog.textContent()).toContain(text)
  const devices = dialog.getByRole('row', { name: /max_devices/ })
  await expectSoon(() => devices.locator('td').allTextContents()).toEqual(['3', '5'])
})

test('audit: filters are in the address, and stay after a reload and Back', async () => {
  await using visited = await site.open('/admin/audit')
  const { page } = visited
  await page.getByRole('combobox', { name: 'Action' }).fill('license.*')
  await page.getByRole('textbox', { name: 'Subject' }).fill(licenseId)
  await filter(page)
  await visited.settle()
  const expected = new URLSearchParams({ action: 'license.*', subject_id: licenseId })
  await expectSoon(() => new URL(page.url()).searchParams.toString()).toBe(expected.toString())
  await expectSoon(() => readRows(page)).toHaveLength(2)
  await page.reload()
  await visited.settle()
  await expectSoon(() => page.getByRole('combobox', { name: 'Action' }).inputValue()).toBe(
    'license.*',
  )
  await expectSoon(() => readRows(page)).toHaveLength(2)

  await page.getByLabel('From').fill('2026-03-06T01:30')
  await filter(page)
  await visited.settle()
  // Berlin is an hour ahead of UTC in March.
  await expectSoon(() => new URL(page.url()).searchParams.get('from')).toBe('2026-03-06T00:30:00Z')
  await expectSoon(() => readRows(page)).toEqual([expect.stringContaining('license.update')])
  await page.goBack()
  await visited.settle()
  await expectSoon(() => readRows(page)).toHaveLength(2)
  await expectSoon(() => page.getByLabel('From').inputValue()).toBe('')
  await page.getByRole('link', { name: 'Clear' }).click()
  await visited.settle()
  await expectSoon(() => new URL(page.url()).search).toBe('')
})

test('audit: a change in the dashboard is shown with the name of its operator, who can be chosen', async () => {
  await using visited = await site.open('/admin/plans')
  const { page } = visited
  await page.getByRole('button', { name: 'Rename Default product' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('Acme')
  await page.getByRole('button', { name: 'Rename product' }).click()
  await page.getByText('Product renamed.').waitFor()
  await page.goto(`${site.url}/admin/audit?action=product.update`)
  await visited.settle()
  const [row] = await readRows(page)
  for (const part of ['Ada Lovelace', 'Operator', 'product.update', 'Default product', 'Acme'])
    expect(row).toContain(part)
  await page.getByRole('combobox', { name: 'Actor' }).selectOption('Ada Lovelace')
  await filter(page)
  await visited.settle()
  await expectSoon(() => new URL(page.url()).searchParams.get('actor')).toStartWith('op_')
  await expectSoon(() => readRows(page)).toHaveLength(1)
})

test('audit: subjects lead to their pages', async () => {
  await using visited = await site.open('/admin/audit')
  const links = visited.page.locator('main tbody th a')
  const found = await links.evaluateAll((all) => all.map((each) => each.getAttribute('href')))
  expect(found).toContain(`/admin/licenses/${licenseId}`)
  expect(found).toContain('/admin/plans/professional')
  expect(found).toContain('/admin/operators')
})

test('audit: a filter of the address that is not valid is explained, and can be cleared', async () => {
  await using visited = await site.open('/admin/audit?from=yesterday', { allow: [422] })
  await visited.page.getByRole('alert').waitFor()
  await visited.check('refused')
})
