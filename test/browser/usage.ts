import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'
import { recordValidations } from './support/usage.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
  await site.send('POST', '/api/v1/products', { slug: 'editor', name: 'Editor' })
  await recordValidations(site, [
    ...Array.from({ length: 60 }, (_, daysAgo) => ({ country: 'DE', daysAgo })),
    { error: 'DEVICE_LIMIT_REACHED', country: 'MT', daysAgo: 1 },
    { productSlug: 'editor', planSlug: 'editor-pro', country: 'JP' },
    { productSlug: 'editor', planSlug: 'editor-pro', error: 'LICENSE_EXPIRED', daysAgo: 2 },
  ])
})
afterAll(() => site.close())

const readTexts = (page: Page, selector: string) => page.locator(selector).allInnerTexts()
const day = (daysAgo: number) =>
  new Date(site.clock.nowMs() - daysAgo * 86_400_000).toISOString().slice(0, 10)

/** Reads the numbers of the first three tiles, and of the legend. */
async function readTotals(page: Page) {
  const [total, valid, refused] = await readTexts(page, '.tile .value')
  return { tiles: [total, valid, refused].map(Number), chart: await readChart(page) }
}

const readChart = async (page: Page) =>
  (await readTexts(page, '.chart-series strong')).map((text) => Number(text))

test('usage: the page has no flaw, with a table, a range of its own and a plan as well', async () => {
  await site.checkFour('/admin/usage', async (page) => {
    await page.getByText('Show as a table').click()
    await page.getByLabel('Range').selectOption('custom')
  })
  await site.checkFour('/admin/usage?plan=editor-pro')
})

test.each([
  ['', () => ({})],
  ['?range=today', () => ({ from: `${day(0)}T00:00:00Z`, to: `${day(-1)}T00:00:00Z` })],
  ['?range=90d', () => ({ from: `${day(89)}T00:00:00Z` })],
  ['?range=7d&plan=editor-pro', () => ({ from: `${day(6)}T00:00:00Z`, plan: 'editor-pro' })],
  ['?product=editor', () => ({ product: 'editor' })],
])('usage: the numbers of %p are those of the API', async (search, query) => {
  const { body } = await site.send('GET', `/api/v1/usage/summary?${new URLSearchParams(query())}`)
  await using visited = await site.open(`/admin/usage${search}`)
  await expectSoon(() => readTotals(visited.page)).toEqual({
    tiles: [body.valid + body.refused, body.valid, body.refused],
    chart: [body.valid, body.refused],
  })
})

test('usage: reasons, plans, products and countries are those of the API', async () => {
  const { body } = await site.send('GET', '/api/v1/usage/summary')
  await using visited = await site.open('/admin/usage')
  const bars = await readTexts(visited.page, '.bar-list li')
  for (const [slug, count] of Object.entries({ ...body.plans, ...body.products }))
    expect(bars).toContainEqual(expect.stringMatching(new RegExp(`^${slug}\\n${count}\\n`)))
  expect(bars).toContainEqual(expect.stringMatching(/^License expired\n1\n/))
  await expectSoon(() => readTexts(visited.page, '[data-country] th')).toEqual(
    expect.arrayContaining(['Germany', 'Japan', 'Malta', 'Unknown']),
  )
})

test('usage: the filters are in the address, so that a reload and Back keep them', async () => {
  await using visited = await site.open('/admin/usage')
  const { page } = visited
  await page.getByLabel('Range').selectOption('Last 7 days')
  await visited.settle()
  await page.getByRole('link', { name: 'editor', exact: true }).click()
  await visited.settle()
  await expectSoon(() => new URL(page.url()).search).toBe('?range=7d&product=editor')
  await page.reload()
  await visited.settle()
  await expectSoon(() => page.getByLabel('Range').inputValue()).toBe('7d')
  await expectSoon(() => page.getByLabel('Product or plan').inputValue()).toBe('product:editor')
  await expectSoon(() => readChart(page)).toEqual([1, 1])
  await page.goBack()
  await visited.settle()
  await expectSoon(() => page.getByLabel('Product or plan').inputValue()).toBe('')
})

test('usage: two days of ones own are drawn by hour', async () => {
  await using visited = await site.open(`/admin/usage?from=${day(41)}&to=${day(40)}`)
  await expectSoon(() => readChart(visited.page)).toEqual([2, 0])
  await visited.page.getByText('Show as a table').click()
  await visited.page.locator('.chart tbody').waitFor()
  await expectSoon(() => visited.page.locator('.chart tbody tr').count()).toBe(48)
})

test('usage: a range that the server refuses is explained', async () => {
  await using visited = await site.open(`/admin/usage?from=${day(1)}&to=${day(4)}`, {
    allow: [422],
  })
  await expectSoon(() => visited.page.getByRole('alert').first().textContent()).toContain(
    'The range is empty',
  )
})

test('usage: the export is the file of the API, for the range of the page', async () => {
  const range = `from=${day(6)}T00:00:00Z&to=${day(-1)}T00:00:00Z`
  const { text } = await site.send('GET', `/api/v1/usage/export?format=csv&${range}`)
  await using visited = await site.open('/admin/usage?range=7d')
  const download = visited.page.waitForEvent('download')
  await visited.page.getByRole('link', { name: 'Export CSV' }).click()
  const file = await download
  expect(file.suggestedFilename()).toBe('usage.csv')
  expect(await Bun.file(await file.path()).text()).toBe(text)
  expect(text.trim().split('\r\n').length).toBeGreaterThan(7)
})

test('usage: the chart is drawn in the colors of the scheme, and again when it changes', async () => {
  await using visited = await site.open('/admin/usage')
  const { page } = visited
  await page.locator('.chart canvas').waitFor()
  const draw = () => page.locator('canvas').evaluate((it) => (it as HTMLCanvasElement).toDataURL())
  const light = await draw()
  await page.emulateMedia({ colorScheme: 'dark' })
  await visited.settle()
  const dark = await draw()
  await page.emulateMedia({ colorScheme: 'light' })
  await visited.settle()
  expect(dark).not.toBe(light)
  expect(await draw()).toBe(light)
})

test('usage: if the chart cannot be loaded, the page is loaded once more, then its table has the values', async () => {
  await using visited = await site.open('/admin/usage', { allow: [404] })
  const { page } = visited
  let loads = 0
  const secondLoad = new Promise<void>((resolve) => {
    page.on('load', () => {
      loads += 1
      if (loads === 2) resolve()
    })
  })
  await page.route('**/chunk-*.js', async (route) => {
    const response = await route.fetch()
    const isChart = (await response.text()).includes('u-cursor-x')
    await route.fulfill(isChart ? { status: 404 } : { response })
  })
  await page.reload()
  await secondLoad
  await page.getByText('The chart could not be loaded.').waitFor()
  await visited.settle()
  expect(loads).toBe(2)
  await page.getByText('Show as a table').click()
  await page.locator('.chart tbody').waitFor()
  await expectSoon(() => page.locator('.chart tbody tr').count()).toBe(30)
})

test('usage: a session without the scope is told which one it lacks', async () => {
  await using visited = await site.open('/admin/usage', { as: ['licenses:read'], allow: [403] })
  await expectSoon(() => visited.page.locator('main').textContent()).toContain('usage:read')
})
