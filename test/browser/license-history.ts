import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Locator, Page } from 'playwright-core'
import type { Browser } from '../support/browser.ts'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'
import { recordValidations } from './support/usage.ts'

const API = '/api/v1/licenses'
const pageOf = ({ id }: { id: string }, query = '') => `/admin/licenses/${id}${query}`

let site: Site
let grace: Browser
beforeAll(async () => {
  site = await openSite()
  const operator = await site.createOperator({ name: 'Grace' })
  grace = await site.signedIn({ setup: await site.setupToken(operator) })
})
afterAll(() => site.close())

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const readSteps = async (page: Page) =>
  (await page.locator('.timeline > li').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))

/** Returns the text of an element, in one line. */
const readText = async (locator: Locator) =>
  (await locator.allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ')

test('license history: events have the actors of the audit and the values before and after, and reveals are in it', async () => {
  const license = await site.createLicense()
  await site.callAsClient('activate', { key: license.key, domain: 'a.example.com' })
  await grace.send('PUT', `${API}/${license.id}`, { customer_name: 'Eve' })
  await grace.send('POST', `${API}/${license.id}/suspend`, { reason: 'chargeback' })
  await grace.send('POST', `${API}/${license.id}/reveal`)
  await using visited = await site.open(pageOf(license, '?tab=history'))
  const steps = await readSteps(visited.page)
  expect(steps.map((text) => text.split(/ \w+ \d+, \d{4}/)[0]).toSorted()).toEqual([
    'Activated a.example.com',
    'Changed by Grace',
    'Created by API key “test”',
    'Key revealed by Grace',
    'Suspended by Grace',
  ])
  const find = (title: string) => steps.find((text) => text.startsWith(title))
  expect(find('Changed')).toContain('Customer name: None → Eve')
  expect(find('Suspended')).toContain('Reason: None → chargeback')
  expect(find('Activated')).toContain('Domains in use: 0 → 1')
})

test('license history: older steps are loaded with a click, without gaps or repetitions', async () => {
  const license = await site.createLicense()
  for (let index = 0; index < 105; index += 1) {
    site.clock.advanceMs(1000)
    await site.send('PUT', `${API}/${license.id}`, { customer_name: `Name ${index}` })
  }
  await using visited = await site.open(pageOf(license, '?tab=history'))
  const { page } = visited
  expect((await readSteps(page)).length).toBeLessThan(106)
  await button(page, 'Show older').click()
  await page.getByText('Created', { exact: true }).waitFor()
  const steps = await readSteps(page)
  expect(steps).toHaveLength(106)
  expect(new Set(steps).size).toBe(106)
  await expectSoon(() => button(page, 'Show older').count()).toBe(0)
})

test('license check: the checks are those of /explain, in order, with the first that fails marked', async () => {
  const license = await site.createLicense()
  await site.send('PUT', `${API}/${license.id}`, { max_domains: 0 })
  await site.send('POST', `${API}/${license.id}/suspend`)
  const query = '?domain=shop.example.com'
  const { body } = await site.send('GET', `${API}/${license.id}/explain${query}`)
  await using visited = await site.open(pageOf(license, '?tab=check'))
  const { page } = visited
  await page.getByLabel('Domain', { exact: true }).fill('shop.example.com')
  await button(page, 'Check').click()
  await page.getByText('shop.example.com is not activated').waitFor()
  await visited.check('with a result')
  await expectSoon(() => new URL(page.url()).search).toContain('domain=shop.example.com')
  await page.reload()
  await visited.settle()

  const checks = page.locator('.checks li')
  await expectSoon(() => checks.count()).toBe(body.checks.length)
  for (const [index, { name, passed, detail }] of body.checks.entries()) {
    const text = await readText(checks.nth(index))
    expect(text.toLowerCase()).toStartWith(name)
    await expectSoon(() => checks.nth(index).getAttribute('class')).toBe(
      passed ? 'passed' : 'failed',
    )
    if (!/\d{4}-\d\d-\d\dT/.test(detail)) expect(text).toContain(detail)
  }
  const marked = page.locator('.checks li', { hasText: 'Refused by this check' })
  await expectSoon(() => marked.count()).toBe(1)
  expect((await readText(marked)).toLowerCase()).toStartWith('suspension')
  await expectSoon(() => page.getByText(body.error).count()).toBe(1)
  await expectSoon(() => site.eventTypesOf(license.id)).not.toContain('activation.created')
})

test('license check: what cannot be checked is said at its field', async () => {
  const license = await site.createLicense()
  await using visited = await site.open(pageOf(license, '?tab=check'), { allow: [422] })
  const { page } = visited
  await page.getByLabel('Fingerprint').fill(' ')
  await button(page, 'Check').click()
  await page.locator('input[aria-invalid="true"]').waitFor()
  await visited.check('with an error')
})

test('license usage: the chart shows the counts of the API, and a refused validation leads to its checks', async () => {
  const license = await recordValidations(site, [
    { domain: 'a.example.com' },
    { domain: 'a.example.com', daysAgo: 2 },
    { domain: 'b.example.com', error: 'DOMAIN_LIMIT_REACHED' },
  ])
  const { summary } = (await site.send('GET', `${API}/${license.id}/usage`)).body
  await using visited = await site.open(pageOf(license, '?tab=usage'))
  const { page } = visited
  await expectSoon(() => page.locator('.chart-series strong').allInnerTexts()).toEqual([
    String(summary.valid),
    String(summary.refused),
  ])
  await page.getByRole('link', { name: 'Explain' }).click()
  await page.getByText('b.example.com would take a free slot').waitFor()
  await expectSoon(() => page.getByLabel('Domain', { exact: true }).inputValue()).toBe(
    'b.example.com',
  )
  await expectSoon(() => page.getByLabel('Time', { exact: true }).inputValue()).not.toBe('')
  await page.goBack()
  await page.locator('.chart').waitFor()
})

test('license views: each has an address, which reload and Back keep', async () => {
  const license = await site.createLicense()
  await using visited = await site.open(pageOf(license))
  const { page } = visited
  const tabs = page.getByRole('navigation', { name: 'Views of the license' })
  const current = tabs.locator('[aria-current="page"]')
  await tabs.getByRole('link', { name: 'History' }).click()
  await page.locator('.timeline').waitFor()
  await page.reload()
  await visited.settle()
  await expectSoon(() => readText(current)).toBe('History')
  await page.goBack()
  await visited.settle()
  await expectSoon(() => readText(current)).toBe('Overview')
})
