import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'
import { recordValidations } from './support/usage.ts'

/** Every code of two letters that has a name, also of places too small for the map. */
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const regions = new Intl.DisplayNames('en-US', { type: 'region', fallback: 'none' })
const countries = letters
  .flatMap((first) => letters.map((second) => first + second))
  .filter((code) => regions.of(code) !== undefined && !['XX', 'ZZ'].includes(code))

let site: Site
beforeAll(async () => {
  site = await openSite()
  await recordValidations(site, [
    ...countries.map((country, index) => ({ country, daysAgo: index % 30 })),
    ...Array.from({ length: 400 }, (_, index) => ({ country: 'DE', daysAgo: index % 20 })),
    { error: 'LICENSE_EXPIRED', country: 'FR' },
    { error: 'LICENSE_EXPIRED', country: 'FR', daysAgo: 3 },
    { error: 'DOMAIN_LIMIT_REACHED', daysAgo: 29 },
    { country: 'US', daysAgo: 40 },
  ])
})
afterAll(() => site.close())

const show = (count: number) => count.toLocaleString('en-US')
const readTexts = (page: Page, selector: string) => page.locator(selector).allInnerTexts()

/** Returns the names of countries in the browser, which differ from those in Bun. */
const readNames = (page: Page, codes: readonly string[]) =>
  page.evaluate((all) => {
    const known = new Intl.DisplayNames('en-US', { type: 'region' })
    return Object.fromEntries(all.map((code) => [code, known.of(code)]))
  }, codes)

test('overview: the page has no flaw, with its tables open as well', async () => {
  await site.checkFour('/admin', async (page) => {
    await page.getByText('Show as a table').click()
    await page.getByRole('button', { name: /^Show all/ }).click()
  })
})

test('overview: the tiles, the chart and the reasons show the numbers of the API', async () => {
  const { body: summary } = await site.send('GET', '/api/v1/usage/summary')
  const { body: overview } = await site.send('GET', '/api/v1/overview')
  await using visited = await site.open('/admin')

  const tiles = await readTexts(visited.page, '.tile')
  expect(tiles[0]).toContain(show(overview.licenses.active))
  expect(tiles[2]).toContain(show(overview.today.valid + overview.today.refused))
  await expectSoon(() => readTexts(visited.page, '.chart-series strong')).toEqual([
    show(summary.valid),
    show(summary.refused),
  ])
  await expectSoon(() => readTexts(visited.page, '.bar-list li')).toEqual([
    expect.stringContaining('License expired'),
    expect.stringContaining('Domain limit reached'),
  ])
  await expectSoon(() => readTexts(visited.page, '.bar-list .number:not(.muted)')).toEqual(
    Object.values(summary.by_error).map((count) => show(Number(count))),
  )
})

test('overview: the chart shows the last 24 hours, which stay chosen after a reload', async () => {
  const { body } = await site.send('GET', '/api/v1/usage/series?interval=hour')
  const total = body.data.reduce((sum: number, { valid }: { valid: number }) => sum + valid, 0)
  await using visited = await site.open('/admin')
  await visited.page.getByRole('link', { name: '24 hours' }).click()
  await visited.settle()
  await visited.page.reload()
  await visited.settle()
  await expectSoon(() => new URL(visited.page.url()).search).toBe('?period=24h')
  expect((await readTexts(visited.page, '.chart-series strong'))[0]).toBe(show(total))
  await visited.page.getByText('Show as a table').click()
  await visited.page.locator('.chart tbody').waitFor()
  await expectSoon(() => visited.page.locator('.chart tbody tr').count()).toBe(24)
})

test('overview: every country of the summary is on the map or listed beside it, and in the table', async () => {
  const { body: summary } = await site.send('GET', '/api/v1/usage/summary')
  await using visited = await site.open('/admin')
  const { page } = visited
  await page.locator('.world-map').scrollIntoViewIfNeeded()
  await page.locator('.world-map path').first().waitFor()
  const drawn = await page
    .locator('.world-map path:not(.level-0)')
    .evaluateAll((paths) => paths.map((path) => path.getAttribute('data-code') ?? ''))
  const beside = (await page.locator('.world-map figcaption').textContent()) ?? ''
  const counted = Object.keys(summary.countries)
  expect(counted.length).toBeGreaterThan(240)
  const names = await readNames(page, counted)
  const missing = counted.filter(
    (code) =>
      !drawn.includes(code) && !beside.includes(`${names[code]} ${summary.countries[code]}`),
  )
  expect(missing).toEqual([])
  expect(drawn.length).toBeGreaterThan(170)
  expect(beside).toContain('Singapore')
  expect(beside).toContain('Unknown country: 1.')

  await page.getByRole('button', { name: /^Show all/ }).click()
  const rows = page.locator('[data-country]')
  await expectSoon(() => rows.count()).toBe(counted.length + 1)
  await expectSoon(() => rows.first().textContent()).toContain(`Germany${summary.countries.DE}`)
  await page.getByRole('button', { name: 'Country' }).click()
  await expectSoon(() => rows.first().textContent()).toContain('Afghanistan')
})

test('overview: a session that may read only licenses sees no other numbers and gets no refusal', async () => {
  await using visited = await site.open('/admin', { as: ['licenses:read'] })
  await visited.check('as it opens')
  await expectSoon(() => readTexts(visited.page, 'main h2')).toEqual(['Needs you'])
})

test('overview: on an empty installation, the steps lead to a license and a command that validates it', async () => {
  await using empty = await openSite()
  await empty.checkFour('/admin')
  await using visited = await empty.open('/admin')
  const { page, context } = visited
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await expectSoon(() => readTexts(page, '.steps h3')).toEqual([
    'Create a license',
    'Validate it',
    'Sell',
  ])

  await page.getByRole('button', { name: 'Create a test license' }).click()
  await page.getByRole('button', { name: 'Copy the license key' }).waitFor()
  await visited.check('with a license')
  expect((await empty.send('GET', '/api/v1/licenses')).body.data).toHaveLength(1)

  await page.getByRole('button', { name: 'Copy the command' }).click()
  const command = await page.evaluate(() => navigator.clipboard.readText())
  expect(await Bun.$`sh -c ${command}`.json()).toMatchObject({ valid: true })

  await page.getByText('This server has answered 1 validation.').waitFor()
  await visited.check('with a validation')
  await expectSoon(() => readTexts(page, '.steps .done h3')).toEqual([
    expect.stringContaining('Create a license'),
    expect.stringContaining('Validate it'),
  ])
})
