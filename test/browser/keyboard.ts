import { afterAll, beforeAll, expect, test } from 'bun:test'
import { findJumps, findUnreached, walk } from './support/focus.ts'
import { adminPages } from './support/pages.ts'
import { openHostileSite, type Scene } from './support/scene.ts'
import type { Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Site
let scene: Scene
beforeAll(async () => {
  ;[site, scene] = await openHostileSite()
})
afterAll(() => site.close())

test.each(adminPages.map((path, index) => [path, index] as const))(
  'keyboard: on %s, Tab reaches everything in the order of the page, and shows where it is',
  async (_path, index) => {
    await using visited = await site.open(scene.paths[index] ?? '')
    const stops = await walk(visited.page)
    expect(stops[0]?.html).toContain('class="skip"')
    expect(stops.filter(({ isSeen }) => !isSeen)).toEqual([])
    expect(stops.filter(({ isMarked }) => !isMarked)).toEqual([])
    expect(findJumps(stops)).toEqual([])
    expect(await findUnreached(visited.page)).toEqual([])
  },
)

test('keyboard: the skip link leads past the navigation', async () => {
  await using visited = await site.open('/admin/licenses')
  const { page } = visited
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expectSoon(() =>
    page.evaluate(() => document.activeElement?.closest('main') !== null),
  ).toBe(true)
})

test('keyboard: a slash leads to the search, but not while something else is written', async () => {
  await using visited = await site.open('/admin/licenses/new')
  const { page } = visited
  const search = page.getByRole('combobox', { name: 'Search licenses' })
  await page.keyboard.press('/')
  await expectSoon(() => search.evaluate((box) => box === document.activeElement)).toBe(true)
  await expectSoon(() => search.inputValue()).toBe('')
  await search.press('Escape')
  const email = page.getByLabel(/email/i).first()
  await email.fill('a')
  await email.press('/')
  await expectSoon(() => email.inputValue()).toContain('/')
})

test('keyboard: Esc closes the menu of a narrow window, and the focus returns to its button', async () => {
  await using visited = await site.open('/admin/plans', { size: 'narrow' })
  const { page } = visited
  const menu = page.getByRole('button', { name: 'Menu' })
  await menu.press('Enter')
  await page.getByRole('dialog', { name: 'Menu' }).waitFor()
  await visited.check('with the menu open')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog', { name: 'Menu' }).waitFor({ state: 'detached' })
  await expectSoon(() => menu.evaluate((button) => button === document.activeElement)).toBe(true)
})

test('keyboard: after navigation the focus is on the title of the page, also with Back', async () => {
  await using visited = await site.open('/admin/licenses?status=active')
  const { page } = visited
  await page.getByRole('link', { name: 'Plans', exact: true }).press('Enter')
  await page.getByRole('heading', { name: 'Plans', level: 1 }).waitFor()
  const readFocus = () => page.evaluate(() => document.activeElement?.tagName)
  await expectSoon(() => readFocus()).toBe('H1')
  await page.goBack()
  await page.getByRole('heading', { name: 'Licenses', level: 1 }).waitFor()
  await expectSoon(() => readFocus()).toBe('H1')
  await expectSoon(() => new URL(page.url()).search).toBe('?status=active')
})
