import { afterAll, beforeAll, test } from 'bun:test'
import { adminPages } from './support/pages.ts'
import { openSite, type Site } from './support/site.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

test.each(adminPages.filter((path) => !path.includes(':')))(
  'new server: %s has no flaw in light and dark, in wide and narrow windows',
  (path) => site.checkFour(path),
)

test('new server: the page of a path that does not exist says so', async () => {
  await site.checkFour('/admin/nowhere')
})

test('new server: the sign-in page has no flaw, before and after a wrong key', async () => {
  await site.checkFour(
    '/admin/plans',
    async (page) => {
      await page.getByLabel('API key').fill('licet_example_of_a_wrong_key')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('alert').waitFor()
    },
    { as: 'no one', allow: [401] },
  )
})
