import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page, Response } from 'playwright-core'
import { sizes } from './support/chromium.ts'
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
  'every page: %s shows hostile texts as texts, no license key in full, and local times with UTC',
  async (_path, index) => {
    const bodies: Promise<string>[] = []
    const onResponse = (response: Response) => {
      if (response.url().includes('/api/')) bodies.push(response.text().catch(() => ''))
    }
    await using visited = await site.open(scene.paths[index] ?? '', { onResponse })
    const { page } = visited
    await visited.check('with hostile texts')
    const contents = [await page.content(), page.url(), await readStorage(page)]
    for (const text of [...contents, ...(await Promise.all(bodies))]) {
      expect(scene.keys.filter((key) => text.includes(key))).toEqual([])
    }
    await expectSoon(() => page.evaluate(findTimeFlaws)).toEqual([])
    await page.setViewportSize(sizes.narrow)
    await visited.check('with hostile texts')
    await expectSoon(() => page.evaluate(() => Object.hasOwn(window, 'hacked'))).toBe(false)
  },
)

const readStorage = (page: Page) =>
  page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))

/** Returns times without UTC in their tooltip, and times in the format of the API. */
function findTimeFlaws(): string[] {
  const times = [...document.querySelectorAll('main time')]
  const bare = times.filter((each) => !(each.getAttribute('title') ?? '').includes('UTC'))
  const isRaw = (each: Element) => /\d{4}-\d\d-\d\dT\d\d:\d\d/.test(each.textContent ?? '')
  const leaves = [...document.querySelectorAll('main :not(:has(*))')]
  const raw = leaves.filter((each) => each.closest('pre, code, textarea') === null && isRaw(each))
  return [...bare, ...raw].map((each) => each.outerHTML)
}

test('every page: has a title of its own', async () => {
  await using visited = await site.open('/admin')
  const titles: string[] = []
  for (const path of scene.paths) {
    await visited.page.goto(site.url + path)
    await visited.settle()
    titles.push(await visited.page.title())
  }
  expect(new Set(titles).size).toBe(titles.length)
})

test.each([
  ['/admin/plans/%zz', 'Page not found'],
  ['/admin/plans/..%2fkeys', 'Page not found'],
  ['/portal/thanks/stripe/%', 'There is no page at this address.'],
  ['/portal/licenses/..%2flicenses', 'There is no page at this address.'],
  ['/portal/offline#%zz', 'Devices without a connection'],
])(
  'every page: the malformed address %s shows a page, and requests nothing in its name',
  async (path, title) => {
    const requested: string[] = []
    const onResponse = (response: Response) => void requested.push(response.url())
    await using visited = await site.open(path, { onResponse })
    await visited.page.getByRole('heading', { level: 1, name: title }).waitFor()
    const isSmuggled = (url: string) =>
      /\/api\/v1\/(?:keys|plans|licenses|portal\/licenses)/.test(url)
    expect(requested.filter(isSmuggled)).toEqual([])
  },
)

test('every page: one whose code is not there is loaded again once, then says so', async () => {
  await using visited = await site.open('/admin', { allow: [404] })
  const { page } = visited
  let documents = 0
  page.on('request', (request) => {
    if (request.isNavigationRequest()) documents += 1
  })
  await page.route('**/chunk-*.js', (route) => route.fulfill({ status: 404 }))
  await page.getByRole('link', { name: 'Settings', exact: true }).click()
  await page.getByRole('heading', { name: 'Page not loaded' }).waitFor()
  expect(documents).toBe(1)
  await page.unroute('**/chunk-*.js')
  await page.getByRole('button', { name: 'Load again' }).click()
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
})
