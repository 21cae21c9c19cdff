import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Site
let key: string
let id: string
beforeAll(async () => {
  site = await openSite()
  for (const name of ['Bob', 'Cleo', 'Dan']) {
    await site.createLicense({
      customer_email: `${name}@shop.example.net`,
      customer_name: `${name} Example`,
    })
  }
  const license = await site.createLicense({
    customer_email: 'ada@example.com',
    customer_name: 'Ada Lovelace',
    external_ref: 'order-1009',
    domains: ['acme.com'],
  })
  ;({ key, id } = license)
})
afterAll(() => site.close())

const box = (page: Page) => page.getByRole('combobox', { name: 'Search licenses' })
const options = (page: Page) => page.getByRole('option')
const results = (page: Page) => page.locator('.search-results')

/** Replaces the symbol at an index by another one of the same kind. */
const mistype = (text: string, index: number) =>
  text.slice(0, index) + (text[index] === '7' ? '8' : '7') + text.slice(index + 1)

test('search: the results have no flaw, also of a typo and of nothing', async () => {
  await site.checkFour('/admin/plans', async (page, check) => {
    await page.keyboard.press('/')
    await box(page).fill('example')
    await options(page).nth(3).waitFor()
    await check('with matches')
    await box(page).fill(mistype(key, 8))
    await page.getByText('Is it this one?').waitFor()
    await check('with a typo')
    await box(page).fill('nobody@nowhere.org')
    await results(page).getByText('Nothing found').waitFor()
  })
})

test('search: whatever a customer says is understood, and named', async () => {
  await using visited = await site.open('/admin')
  const { page } = visited
  const cases = [
    [key, 'a license key', 'License key'],
    [key.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l'), 'a license key', 'License key'],
    [key.slice(-4), 'a license key', 'Last four characters'],
    [`TO-****-****-****-${key.slice(-4)}`, 'a license key', 'Last four characters'],
    ['ADA@example.com', 'an email address', 'Email address'],
    ['acme.com', 'a domain', 'Domain'],
    ['order-1009', 'a reference', 'Reference order-1009'],
    [id, 'an ID', 'License ID'],
    ['lovelace', 'a name', 'Name'],
  ]
  for (const [text = '', reading, why = ''] of cases) {
    await box(page).fill(text)
    await results(page).getByText(`Searched for ${reading}: 1 license`).waitFor()
    await expectSoon(() => options(page).allInnerTexts()).toEqual([expect.stringContaining(why)])
    await expectSoon(() => options(page).first().textContent()).toContain('ada@example.com')
  }
})

test('search: a key with one wrong symbol asks whether it is this one, and marks the symbol', async () => {
  await using visited = await site.open('/admin')
  const { page } = visited
  const mistyped = mistype(key, 8)
  await box(page).fill(mistyped)
  await page.getByText('Typo at character 9. Is it this one?').waitFor()
  await expectSoon(() => results(page).locator('mark').textContent()).toBe(mistyped.charAt(8))
  await expectSoon(() => results(page).textContent()).not.toContain(key)
})

test('search: nothing found names what was searched for, and what can be tried', async () => {
  await using visited = await site.open('/admin')
  const { page } = visited
  const cases = [
    ['nobody@nowhere.org', 'Searched for an email address.'],
    ['nowhere.org', 'Searched for a domain.'],
    ['TO-7Q4M-X0ZD-9KTB-2F16', 'Searched for a license key with a typo.'],
    ['lic_01jg3m8v5mf1x8yq1r5c2w7h3k', 'Searched for an ID.'],
  ]
  for (const [text = '', said = ''] of cases) {
    await box(page).fill(text)
    await results(page).getByText(said).waitFor()
    await expectSoon(() => results(page).locator('.search-note').count()).toBe(1)
    await expectSoon(() => options(page).count()).toBe(0)
  }
})

test('search: arrow keys choose, Enter opens, Esc closes and then empties', async () => {
  await using visited = await site.open('/admin/plans')
  const { page } = visited
  await page.keyboard.press('/')
  await page.keyboard.type('shop.example.net')
  await options(page).nth(2).waitFor()
  const chosen = () => page.getByRole('option', { selected: true }).textContent()
  const active = () => box(page).getAttribute('aria-activedescendant')
  const [first, before] = [await chosen(), await active()]
  await page.keyboard.press('ArrowDown')
  await expectSoon(() => chosen()).not.toBe(first)
  await expectSoon(() => active()).not.toBe(before)
  await page.keyboard.press('ArrowUp')
  await expectSoon(() => chosen()).toBe(first)

  await page.keyboard.press('Escape')
  await expectSoon(() => results(page).count()).toBe(0)
  await expectSoon(() => box(page).inputValue()).toBe('shop.example.net')
  await page.keyboard.press('Escape')
  await expectSoon(() => box(page).inputValue()).toBe('')

  await page.keyboard.type(key)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/admin/licenses/${id}`)
  await visited.settle()
  await expectSoon(() => box(page).inputValue()).toBe('')
  await expectSoon(() =>
    page.locator('h1').evaluate((heading) => heading === document.activeElement),
  ).toBe(true)
})

test('search: a slash in a field or a dialog is a character', async () => {
  await using visited = await site.open('/admin/licenses')
  const { page } = visited
  await page.getByRole('searchbox').pressSequentially('a/b')
  await expectSoon(() => page.getByRole('searchbox').inputValue()).toBe('a/b')
})

test('search: the key is in no address, no history, no title, and nothing that the browser stores', async () => {
  await using visited = await site.open('/admin')
  const { page, context } = visited
  const urls: string[] = []
  page.on('request', (request) => urls.push(`${request.method()} ${request.url()}`))
  await box(page).fill(key)
  await options(page).first().waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL('**/admin/licenses/*')
  await visited.settle()
  expect(urls).toContain(`POST ${site.url}/api/v1/search`)
  const stored = await page.evaluate(() =>
    JSON.stringify([location.href, history.state, document.title, localStorage, sessionStorage]),
  )
  const kept = [...urls, stored, JSON.stringify(await context.storageState())].join('\n')
  expect(kept).not.toContain(key)
  expect(kept).not.toContain(key.slice(0, -4))
  expect(await page.content()).not.toContain(key)
})

test('search: a result that comes too late is not shown under another text', async () => {
  await using visited = await site.open('/admin')
  const { page } = visited
  const { promise: isHeld, resolve: release } = Promise.withResolvers<void>()
  await page.route('**/api/v1/search', async (route) => {
    if (route.request().postData()?.includes('lovelace')) await isHeld
    await route.continue()
  })
  await box(page).fill('lovelace')
  await page.waitForRequest('**/api/v1/search')
  await box(page).fill('cleo')
  await options(page).first().waitFor()
  const answered = page.waitForResponse((response) => response.url().endsWith('/search'))
  release()
  await answered
  await visited.settle()
  await expectSoon(() => options(page).allInnerTexts()).toEqual([expect.stringMatching(/cleo/i)])
})

test('search: without the scope there is no box', async () => {
  await using visited = await site.open('/admin/plans', { as: ['plans:read'] })
  await expectSoon(() => box(visited.page).count()).toBe(0)
})
