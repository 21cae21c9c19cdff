import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { scopes } from '~/domain/api-keys.ts'
import { readActionsOfOperator } from './support/audit.ts'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
  const shop = { name: 'shop', scopes: ['licenses:read', 'licenses:write', 'plans:read'] }
  await site.send('POST', '/api/v1/keys', shop)
})
afterAll(() => site.close())

const dialogOf = (page: Page) => page.getByRole('dialog')
const create = (page: Page) =>
  dialogOf(page).getByRole('button', { name: 'Create API key' }).click()

async function openForm(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New API key' }).click()
  await dialogOf(page).waitFor()
}

test('API keys: the list, the form with errors, and the token of a new key have no flaw', async () => {
  await site.checkFour(
    '/admin/keys',
    async (page, check) => {
      await page.getByText('licenses:read and 2 more').first().click()
      await openForm(page)
      await check('with the form')
      await create(page)
      await page.getByText('Choose at least one scope.').waitFor()
      await check('with errors')
      await dialogOf(page).getByRole('textbox', { name: 'Name' }).fill('reports')
      await page.getByRole('checkbox', { name: 'See licenses' }).check()
      await create(page)
      await page.getByText('Copy the token now.').waitFor()
    },
    { allow: [422] },
  )
})

test('API keys: a new key works, its token is shown once, and the audit names the operator', async () => {
  await using visited = await site.open('/admin/keys')
  const { page } = visited
  await openForm(page)
  await dialogOf(page).getByRole('textbox', { name: 'Name' }).fill('billing')
  await page.getByRole('checkbox', { name: 'See licenses' }).check()
  await page.getByRole('combobox', { name: 'Expires' }).selectOption('30')
  await create(page)
  const token = (await dialogOf(page).locator('.secret').textContent()) ?? ''
  const headers = { authorization: `Bearer ${token}` }
  expect((await site.send('GET', '/api/v1/licenses', undefined, headers)).status).toBe(200)
  expect((await site.send('GET', '/api/v1/plans', undefined, headers)).status).toBe(403)

  await dialogOf(page).getByRole('button', { name: 'Done' }).click()
  await page.getByRole('row', { name: /billing/ }).waitFor()
  const isHidden = async () => !(await page.content()).includes(token)
  await expectSoon(() => isHidden()).toBe(true)
  await page.reload()
  await visited.settle()
  await expectSoon(() => isHidden()).toBe(true)

  const { body } = await site.send('GET', '/api/v1/keys')
  const key = body.data[0]
  expect(key.name).toBe('billing')
  expect(key.expires_at).toStartWith('2026-04-05T00:0')
  await expectSoon(() => readActionsOfOperator(site, 'api_key.*')).toContain(
    `api_key.create ${key.id}`,
  )

  await page.getByRole('button', { name: 'Revoke billing' }).click()
  await dialogOf(page).getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('API key billing revoked.').waitFor()
  expect((await site.send('GET', '/api/v1/licenses', undefined, headers)).status).toBe(401)
  expect((await readActionsOfOperator(site, 'api_key.*'))[0]).toBe(`api_key.revoke ${key.id}`)
})

test('API keys: there is a checkbox for every scope, and those that one lacks cannot be granted', async () => {
  await using all = await site.open('/admin/keys')
  await openForm(all.page)
  // And one for all of them.
  await expectSoon(() => all.page.getByRole('checkbox').count()).toBe(scopes.length + 1)
  await expectSoon(() => all.page.locator('input[type="checkbox"]:disabled').count()).toBe(0)
  await all.page.getByRole('checkbox', { name: /^Everything/ }).check()
  const rest = all.page.locator('.scope-groups input')
  await expectSoon(() =>
    rest.evaluateAll((boxes) => boxes.every((each) => each.matches(':disabled'))),
  ).toBe(true)

  const own = ['keys:read', 'keys:write', 'licenses:read'] as const
  await using some = await site.open('/admin/keys', { as: own })
  await openForm(some.page)
  await some.check('with fewer scopes')
  const enabled = some.page.locator('input[type="checkbox"]:enabled')
  await expectSoon(() => enabled.count()).toBe(own.length)
  await expectSoon(() =>
    some.page.getByRole('checkbox', { name: /^Everything/ }).isDisabled(),
  ).toBe(true)
})

test('API keys: revoking the own key says so first, then signs out and ends the session', async () => {
  const as = ['keys:read', 'keys:write'] as const
  await using visited = await site.open('/admin/keys', { as })
  const { page } = visited
  const row = page.getByRole('row').filter({ hasText: 'Yours' })
  await row.getByRole('button', { name: /^Revoke/ }).click()
  await dialogOf(page).getByText('this signs you out').waitFor()
  await visited.check('before revoking')
  await dialogOf(page).getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('heading', { name: 'Sign in to Licet' }).waitFor()
  await visited.check('signed out')
  const { body } = await site.send('GET', '/api/v1/sessions?limit=100')
  const holders = body.data.map(({ api_key: key }: { api_key: object | null }) => key)
  expect(holders.filter((key: object | null) => key !== null)).toHaveLength(1)
})

test('API keys: with keys:read alone nothing can be created or revoked', async () => {
  await using visited = await site.open('/admin/keys', { as: ['keys:read'] })
  await visited.check('as a reader')
  await expectSoon(() => visited.page.getByRole('button', { name: /Revoke|New/ }).count()).toBe(0)
})
