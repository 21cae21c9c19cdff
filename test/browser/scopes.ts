import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { type Scope, scopes } from '~/domain/api-keys.ts'
import { readPage } from '../support/pages.ts'
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

const entries = [
  ...readPage('src/web/admin/navigation.tsx').matchAll(/path: '([^']+)'.*?scope: '([^']+)'/gs),
].map(([, path, scope]) => [path ?? '', scopes.find((known) => known === scope)] as const)

test.each(entries)(
  'scopes: %s opens with no other scope than %s, without a refused request',
  async (path, scope) => {
    await using visited = await site.open(path, { as: scope === undefined ? [] : [scope] })
    await visited.check('as it opens')
    await expectSoon(() =>
      visited.page.getByRole('link').filter({ hasText: /\w/ }).count(),
    ).toBeGreaterThan(0)
  },
)

const readOnly: readonly Scope[] = ['licenses:read']

test.each(adminPages.map((path, index) => [path, index] as const))(
  'scopes: with licenses:read, %s opens or names the missing scope, and none of its buttons is refused',
  async (_path, index) => {
    const path = scene.paths[index] ?? ''
    const refused: string[] = []
    const onResponse = (response: { status(): number; url(): string }) => {
      if (response.status() === 403) refused.push(response.url())
    }
    await using visited = await site.open(path, { as: readOnly, allow: [403], onResponse })
    const { page } = visited
    await visited.check('as it opens')
    const isLinked = (await page.locator(`aside nav a[href="${path}"]`).count()) > 0
    if (refused.length > 0) {
      expect([isLinked, refused]).toEqual([false, refused])
      const text = (await page.locator('main').textContent()) ?? ''
      expect(scopes.some((scope) => scope !== 'licenses:read' && text.includes(scope))).toBe(true)
      return
    }
    await pressEveryButton(page, visited.settle)
    expect(refused).toEqual([])
  },
)

/** Presses each button of a page, and closes what it has opened. */
async function pressEveryButton(page: Page, settle: () => Promise<void>): Promise<void> {
  const buttons = page.locator('main button:visible:enabled')
  const count = await buttons.count()
  for (let index = 0; index < count; index += 1) {
    const button = buttons.nth(index)
    if (!(await button.isVisible().catch(() => false))) continue
    await button.click()
    await settle()
    await page.keyboard.press('Escape')
  }
}
