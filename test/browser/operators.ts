import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { readActionsOfOperator } from './support/audit.ts'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
  const scopes = ['licenses:read', 'licenses:write', 'plans:read']
  await site.send('POST', '/api/v1/operators', { name: 'Grace Hopper', scopes })
  const gone = await site.send('POST', '/api/v1/operators', { name: 'Gone' })
  await site.send('PUT', `/api/v1/operators/${gone.body.id}`, { disabled: true })
})
afterAll(() => site.close())

const dialogOf = (page: Page) => page.getByRole('dialog')
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const confirm = (page: Page, name: string) =>
  dialogOf(page).getByRole('button', { name, exact: true }).click()

async function findOperator(name: string) {
  const { body } = await site.send('GET', '/api/v1/operators?limit=100')
  return body.data.find((operator: { name: string }) => operator.name === name)
}

test('operators: the lists and all dialogs have no flaw', async () => {
  await site.checkFour('/admin/operators', async (page, check) => {
    await press(page, 'New operator')
    await check('with a new one')
    await confirm(page, 'Cancel')
    await press(page, 'Sign-in link Grace Hopper')
    await confirm(page, 'Create link')
    await page.getByText('Copy the link now.').waitFor()
    await check('with a link')
    await confirm(page, 'Done')
    await press(page, 'Edit Grace Hopper')
    await check('with an editor')
    await confirm(page, 'Cancel')
    await press(page, 'Disable Grace Hopper')
  })
})

test('operators: a new one gets a link that signs in once, and all is in the audit with who did it', async () => {
  await using visited = await site.open('/admin/operators')
  const { page } = visited
  await press(page, 'New operator')
  await dialogOf(page).getByRole('textbox', { name: 'Name' }).fill('Alan Turing')
  await confirm(page, 'Create operator')
  await confirm(page, 'Create link')
  const link = (await dialogOf(page).locator('.secret').textContent()) ?? ''
  expect(link).toStartWith(`${site.url}/admin#setup=`)
  await confirm(page, 'Done')
  await page.reload()
  await visited.settle()
  expect(await page.content()).not.toContain(link.slice(-20))

  const path = link.slice(site.url.length)
  await using other = await site.open(path, { as: 'no one' })
  await other.page.getByRole('button', { name: 'Sign in' }).click()
  await other.page.getByRole('button', { name: 'Sign out' }).waitFor()
  await expectSoon(() => other.page.locator('.person-name').textContent()).toBe('Alan Turing')
  await using late = await site.open(path, { as: 'no one', allow: [401] })
  await late.page.getByRole('button', { name: 'Sign in' }).click()
  await late.page.getByText('This link has been used or has expired.').waitFor()

  const { id } = await findOperator('Alan Turing')
  await expectSoon(() => readActionsOfOperator(site, 'operator.create')).toEqual([
    `operator.create ${id}`,
  ])
  expect((await readActionsOfOperator(site, 'setup_link.*'))[0]).toBe(`setup_link.create ${id}`)
})

test('operators: one is renamed, loses a scope, is disabled, which ends the session, and enabled', async () => {
  const operator = await site.createOperator({ name: 'Edith', scopes: ['plans:read', 'keys:read'] })
  const browser = await site.signedIn({ setup: await site.setupToken(operator) })
  await using visited = await site.open('/admin/operators')
  const { page } = visited
  await press(page, 'Edit Edith')
  await dialogOf(page).getByRole('textbox', { name: 'Name' }).fill('Edith Clarke')
  await dialogOf(page).getByRole('checkbox', { name: 'See API keys' }).uncheck()
  await confirm(page, 'Save operator')
  await page.getByText('Operator Edith Clarke saved.').waitFor()
  await expectSoon(() => findOperator('Edith Clarke')).toMatchObject({ scopes: ['plans:read'] })
  expect((await browser.send('GET', '/api/v1/keys')).status).toBe(403)

  await press(page, 'Disable Edith Clarke')
  await confirm(page, 'Disable operator')
  await page.getByText('Edith Clarke is disabled.').waitFor()
  expect((await browser.send('GET', '/api/v1/plans')).status).toBe(401)
  await press(page, 'Enable Edith Clarke')
  await confirm(page, 'Enable operator')
  await page.getByText('Edith Clarke is enabled.').waitFor()
  await expectSoon(() => findOperator('Edith Clarke')).toMatchObject({ disabled_at: null })
  const actions = await readActionsOfOperator(site, 'operator.update')
  expect(actions).toEqual(Array(3).fill(`operator.update ${operator.id}`))
})

test('operators: the name of another cannot be taken, which is said in the dialog', async () => {
  await using visited = await site.open('/admin/operators', { allow: [409] })
  const { page } = visited
  await press(page, 'Edit Grace Hopper')
  await dialogOf(page).getByRole('textbox', { name: 'Name' }).fill('Gone')
  await confirm(page, 'Save operator')
  await dialogOf(page).getByRole('alert').waitFor()
  await visited.check('refused')
})

test('sessions: this browser is marked, one is ended, and all others are, but not this one', async () => {
  await using visited = await site.open('/admin/operators')
  const { page } = visited
  const one = await site.signedIn({ setup: await site.setupToken() })
  const other = await site.signedIn({ token: await site.tokenWith('plans:read') })
  await page.reload()
  await visited.settle()
  await expectSoon(() => page.getByText('This browser').count()).toBe(1)
  await press(page, 'End the session of admin')
  await confirm(page, 'End session')
  await page.getByText('Session ended.').waitFor()
  expect((await one.send('GET', '/api/v1/plans')).status).toBe(401)
  expect((await other.send('GET', '/api/v1/plans')).status).toBe(200)

  await press(page, 'End all others')
  await visited.check('before ending all')
  await confirm(page, 'End sessions')
  await page.getByText(/^\d+ sessions? ended\.$/).waitFor()
  expect((await other.send('GET', '/api/v1/plans')).status).toBe(401)
  await page.reload()
  await visited.settle()
  await expectSoon(() => page.getByRole('button', { name: /^End the session/ }).count()).toBe(1)
  expect((await readActionsOfOperator(site, 'session.end')).length).toBeGreaterThan(1)
})

test('sessions: ending the own one signs out', async () => {
  await using visited = await site.open('/admin/operators')
  const { page } = visited
  const row = page.getByRole('row').filter({ hasText: 'This browser' })
  await row.getByRole('button', { name: /^End/ }).click()
  await confirm(page, 'End session')
  await page.getByRole('heading', { name: 'Sign in to Licet' }).waitFor()
})

test('operators: with operators:read alone, nothing can be changed and no session is shown', async () => {
  await using visited = await site.open('/admin/operators', { as: ['operators:read'] })
  await visited.check('as a reader')
  await expectSoon(() => visited.page.locator('main button').count()).toBe(0)
  await expectSoon(() => visited.page.getByRole('heading', { name: 'Sessions' }).count()).toBe(0)
})
