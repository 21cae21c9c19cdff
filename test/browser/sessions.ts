import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import type { Scope } from '~/domain/api-keys.ts'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

const CUSTOMER = 'customer-on-screen@example.com'

let site: Site
beforeAll(async () => {
  site = await openSite()
  await site.createLicense({ customer_email: CUSTOMER })
})
afterAll(() => site.close())

const endSessions = async () => {
  const { body } = await site.send('GET', '/api/v1/sessions?limit=100')
  for (const { id } of body.data) await site.send('DELETE', `/api/v1/sessions/${id}`)
}

/** Returns the texts that are visible. */
const readScreen = (page: Page) =>
  page.evaluate(() => {
    // biome-ignore lint/performance/useDomNodeTextContent: what is hidden does not count.
    return document.body.innerText
  })

async function signInAgain(page: Page, scope: Scope | '*' = '*'): Promise<void> {
  await page.getByRole('heading', { name: 'Sign in again' }).waitFor()
  await page.getByLabel('API key').fill(await site.tokenWith(scope))
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('sessions: after a session has ended, nothing stays on screen, and signing in continues', async () => {
  await using visited = await site.open('/admin/licenses', { allow: [401] })
  const { page } = visited
  await expectSoon(() => readScreen(page)).toContain(CUSTOMER)
  await endSessions()
  await page.getByRole('link', { name: 'Plans', exact: true }).click()
  await page.getByRole('heading', { name: 'Sign in again' }).waitFor()
  await expectSoon(() => readScreen(page)).not.toContain(CUSTOMER)
  await visited.check('after the session has ended', { isBusy: true })
  await signInAgain(page)
  await page.getByRole('heading', { name: 'Plans', level: 1 }).waitFor()
  await visited.check('after signing in again')
})

test('sessions: an action that finds its session ended is done once, after signing in again', async () => {
  const email = 'ended-session@example.com'
  const path = `/admin/licenses/new?plan=professional&customer_email=${email}`
  await using visited = await site.open(path, { allow: [401] })
  const { page } = visited
  await endSessions()
  await page.getByRole('button', { name: /^Create/ }).click()
  await signInAgain(page)
  await page.getByRole('heading', { name: 'Sign in again' }).waitFor({ state: 'detached' })
  await visited.settle()
  const { body } = await site.send('GET', `/api/v1/licenses?customer_email=${email}`)
  expect(body.data).toHaveLength(1)
  await expectSoon(() => site.eventTypesOf(body.data[0].id)).toEqual(['license.created'])
})

test('sessions: one that ends while a dialog is open lets nothing but signing in through', async () => {
  const { id } = await site.createLicense()
  await using visited = await site.open(`/admin/licenses/${id}`, { allow: [401] })
  const { page } = visited
  await page.getByRole('button', { name: 'Suspend' }).click()
  await endSessions()
  await page.getByRole('dialog').getByRole('button', { name: 'Suspend' }).click()
  await page.getByRole('heading', { name: 'Sign in again' }).waitFor()
  await visited.check('in a dialog', { isBusy: true })
  for (let count = 0; count < 3; count += 1) await page.keyboard.press('Escape')
  await signInAgain(page)
  await page.getByRole('button', { name: 'Reinstate' }).first().waitFor()
  await expectSoon(() => site.eventTypesOf(id)).toEqual(['license.created', 'license.suspended'])
})

test('sessions: a person who signs in with fewer scopes does not get the screen of the one before', async () => {
  await using visited = await site.open('/admin/licenses', { allow: [401, 403] })
  const { page } = visited
  await expectSoon(() => readScreen(page)).toContain(CUSTOMER)
  await endSessions()
  await page.getByRole('link', { name: 'Plans', exact: true }).click()
  await signInAgain(page, 'plans:read')
  await page.getByRole('heading', { name: 'Plans', level: 1 }).waitFor()
  await page.goBack()
  await visited.settle()
  await expectSoon(() => readScreen(page)).not.toContain(CUSTOMER)
})

test('sessions: a setup link signs in as its operator, also where somebody is signed in', async () => {
  const operator = await site.createOperator({ name: 'Invited', scopes: ['plans:read'] })
  const setup = await site.setupToken(operator)
  await using visited = await site.open(`/admin#setup=${setup}`)
  const { page } = visited
  expect(page.url()).not.toContain(setup)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Invited').waitFor()
})

test('sessions: after signing out, nothing is on screen, also with Back', async () => {
  await using visited = await site.open('/admin/plans', { allow: [401] })
  const { page } = visited
  await page.getByRole('link', { name: 'Licenses', exact: true }).click()
  await page.getByText(CUSTOMER).first().waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in to Licet' }).waitFor()
  await expectSoon(() => readScreen(page)).not.toContain(CUSTOMER)
  await page.goBack()
  await page.getByRole('heading', { name: 'Sign in to Licet' }).waitFor()
  await expectSoon(() => readScreen(page)).not.toContain(CUSTOMER)
  expect(await visited.context.cookies()).toEqual([])
})

test('sessions: a setup link signs in once, under the name that is entered, and leaves the address', async () => {
  const setup = await site.setupToken()
  await using visited = await site.open(`/admin#setup=${setup}`, { as: 'no one', allow: [401] })
  const { page } = visited
  await visited.check('with a setup link')
  expect(page.url()).not.toContain(setup)
  await page.getByLabel('Your name').fill('Grace Hopper')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Grace Hopper').waitFor()

  await using again = await site.open(`/admin#setup=${setup}`, { as: 'no one', allow: [401] })
  await again.page.getByRole('button', { name: 'Sign in' }).click()
  await again.page.getByText('licet login').first().waitFor()
  await again.check('with a link that was used')
})
