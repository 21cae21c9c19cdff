import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { readPage } from '../support/pages.ts'
import { openHostileSite } from './support/scene.ts'
import type { Site, Visited } from './support/site.ts'

/** The largest cumulative layout shift that Web Vitals call good. */
const SHIFT_MAX = 0.1

let site: Site
beforeAll(async () => {
  ;[site] = await openHostileSite()
})
afterAll(() => site.close())

/** Holds the API requests of a page. Returns a function that lets them through. */
async function hold({ page }: Visited): Promise<() => void> {
  const released = Promise.withResolvers<void>()
  await page.route('**/api/**', async (route) => {
    await released.promise
    await route.continue()
  })
  return () => released.resolve()
}

/** Returns how much has moved on the page so far without an input of the visitor. */
const readShift = (page: Page) =>
  page.evaluate(() => {
    const observer = new PerformanceObserver(() => undefined)
    observer.observe({ type: 'layout-shift', buffered: true })
    const shifts = observer.takeRecords() as (PerformanceEntry & {
      readonly value: number
      readonly hadRecentInput: boolean
    })[]
    return shifts.reduce((sum, each) => sum + (each.hadRecentInput ? 0 : each.value), 0)
  })

const paths = [...readPage('src/web/admin/navigation.tsx').matchAll(/path: '([^']+)'/g)]

test.each(paths.map(([, path]) => path ?? ''))(
  'slow network: %s is shown before the server responds, and nothing moves when it does',
  async (path) => {
    await using visited = await site.open(path === '/admin' ? '/admin/plans' : '/admin')
    const { page } = visited
    const release = await hold(visited)
    const link = page.locator(`aside nav a[href="${path}"]`)
    const title = (await link.textContent()) ?? ''
    await link.click()
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
    await visited.check('while it loads', { isBusy: true })
    release()
    await visited.settle()
    expect(await readShift(page)).toBeLessThan(SHIFT_MAX)
  },
)

test('slow network: a form that is sent twice acts once', async () => {
  const email = 'impatient@example.com'
  await using visited = await site.open(
    `/admin/licenses/new?plan=professional&customer_email=${email}`,
  )
  const { page } = visited
  const release = await hold(visited)
  await page.getByRole('button', { name: /^Create/ }).dblclick()
  await page.getByLabel(/email/i).first().press('Enter')
  await visited.check('while it is sent', { isBusy: true })
  release()
  await page
    .getByText(/LICET|TO-/)
    .first()
    .waitFor()
  const { body } = await site.send('GET', `/api/v1/licenses?customer_email=${email}`)
  expect(body.data).toHaveLength(1)
})
