import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Locator, Page } from 'playwright-core'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

const API = '/api/v1/licenses'
const EXPIRES = '2027-06-01T00:00:00Z'
const pageOf = ({ id }: { id: string }, tab = '') => `/admin/licenses/${id}?tab=${tab}`

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

const read = async (id: string) => (await site.send('GET', `${API}/${id}`)).body
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const dialogButton = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name, exact: true })
const waitForToast = (page: Page, text: string) =>
  page.locator('.toast', { hasText: text }).waitFor()

/** Returns the text of an element, in one line. */
const readText = async (locator: Locator) =>
  (await locator.allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ')

test('license actions: a suspension with a reason is one event, also with a double click, and Undo is its inverse', async () => {
  const license = await site.createLicense()
  await using visited = await site.open(pageOf(license))
  const { page } = visited
  await button(page, 'Suspend').click()
  await page.getByLabel('Reason').fill('chargeback')
  await dialogButton(page, 'Suspend license').dblclick()
  await waitForToast(page, 'License suspended.')
  await page.getByText(': chargeback').waitFor()
  await visited.check('suspended')
  await expectSoon(() => read(license.id)).toMatchObject({
    status: 'suspended',
    suspension_reason: 'chargeback',
    suspension_cause: 'operator',
  })
  await button(page, 'Undo').click()
  await button(page, 'Suspend').waitFor()
  expect((await read(license.id)).status).toBe('active')
  await expectSoon(() => site.eventTypesOf(license.id)).toEqual([
    'license.created',
    'license.suspended',
    'license.reinstated',
  ])
})

test('license actions: Undo is offered for ten seconds', async () => {
  const license = await site.createLicense()
  await using visited = await site.open(pageOf(license))
  const { page } = visited
  await button(page, 'Suspend').click()
  await dialogButton(page, 'Suspend license').click()
  await button(page, 'Undo').waitFor()
  await page.clock.fastForward(9_000)
  await expectSoon(() => button(page, 'Undo').count()).toBe(1)
  await page.clock.fastForward(2_000)
  await button(page, 'Undo').waitFor({ state: 'detached' })
  expect((await read(license.id)).status).toBe('suspended')
})

test('license actions: a license is reinstated with one click, and Undo suspends it again for its reason', async () => {
  const license = await site.createLicense()
  await site.send('POST', `${API}/${license.id}/suspend`, { reason: 'chargeback' })
  await using visited = await site.open(pageOf(license))
  const { page } = visited
  await button(page, 'Reinstate').click()
  await button(page, 'Undo').click()
  await button(page, 'Reinstate').waitFor()
  expect((await read(license.id)).suspension_reason).toBe('chargeback')
  await expectSoon(() => site.eventTypesOf(license.id)).toEqual([
    'license.created',
    'license.suspended',
    'license.reinstated',
    'license.suspended',
  ])
})

test('license actions: a renewal adds days, and Undo brings the former expiration back', async () => {
  const license = await site.createLicense({ expires_at: EXPIRES })
  await using visited = await site.open(pageOf(license))
  const { page } = visited
  await button(page, 'Renew').click()
  await page.getByLabel('Renew', { exact: true }).selectOption('days')
  await page.getByLabel('Days').fill('30')
  await dialogButton(page, 'Renew license').click()
  await waitForToast(page, 'License renewed until Jul 1, 2027.')
  expect((await read(license.id)).expires_at).toBe('2027-07-01T00:00:00Z')
  await button(page, 'Undo').click()
  await page.locator('.status-line', { hasText: 'Jun 1, 2027' }).waitFor()
  expect((await read(license.id)).expires_at).toBe(EXPIRES)
  await expectSoon(() => site.eventTypesOf(license.id)).toEqual([
    'license.created',
    'license.renewed',
    'license.updated',
  ])
})

test('license actions: a rotated key is shown once, and the old one stops', async () => {
  const license = await site.createLicense()
  await using visited = await site.open(pageOf(license))
  const { page } = visited
  await button(page, 'Rotate key').click()
  await dialogButton(page, 'Rotate key').click()
  await page.getByText('The license has a new key').waitFor()
  await visited.check('with the new key')
  const key = await readText(page.locator('code.secret'))
  expect((await site.validate({ key })).body.valid).toBe(true)
  expect((await site.validate({ key: license.key })).body.error).toBe('LICENSE_NOT_FOUND')
  await dialogButton(page, 'Done').click()
  expect(await page.content()).not.toContain(key)
  await page.getByRole('heading', { name: `License …${key.slice(-4)}` }).waitFor()
  await expectSoon(() => site.eventTypesOf(license.id)).toContain('license.key_rotated')
})

test('license actions: a revocation needs the end of the key, and leaves no action', async () => {
  const license = await site.createLicense()
  const lastFour = license.key.slice(-4)
  await using visited = await site.open(pageOf(license))
  const { page } = visited
  await button(page, 'Revoke').click()
  const confirmation = page.getByLabel(`Type ${lastFour} to confirm`)
  await confirmation.fill('0000')
  await dialogButton(page, 'Revoke license').click()
  await page.getByText('the last four characters of the key').waitFor()
  await expectSoon(() => site.eventTypesOf(license.id)).toEqual(['license.created'])
  await page.getByLabel('Reason').fill('stolen card')
  await confirmation.fill(lastFour.toLowerCase())
  await dialogButton(page, 'Revoke license').click()
  await waitForToast(page, 'License revoked.')
  await page.locator('.status-line', { hasText: 'stolen card. This is final.' }).waitFor()
  await visited.check('revoked')
  for (const name of ['Renew', 'Suspend', 'Rotate key', 'Revoke', 'Edit terms'])
    await expectSoon(() => button(page, name).count()).toBe(0)
  await expectSoon(() => site.eventTypesOf(license.id)).toEqual([
    'license.created',
    'license.revoked',
  ])
})

test('license actions: a domain is moved, moved back with Undo, and released, with the events of the API', async () => {
  const license = await site.createLicense()
  await site.callAsClient('activate', { key: license.key, domain: 'a.example.com' })
  await using visited = await site.open(pageOf(license, 'activations'))
  const { page } = visited
  const listDomains = async () => (await read(license.id)).domains

  await button(page, 'Move').click()
  await page.getByLabel('New domain').fill('b.example.com')
  await visited.check('before the move')
  await dialogButton(page, 'Move domain').click()
  await page.getByRole('rowheader', { name: 'b.example.com' }).waitFor()
  await expectSoon(() => listDomains()).toEqual(['b.example.com'])
  await button(page, 'Undo').click()
  await page.getByRole('rowheader', { name: 'a.example.com' }).waitFor()
  await expectSoon(() => listDomains()).toEqual(['a.example.com'])

  await button(page, 'Release').click()
  await dialogButton(page, 'Release domain').click()
  await page.getByText('Not activated anywhere').waitFor()
  await expectSoon(() => listDomains()).toEqual([])
  const moved = ['activation.deleted', 'activation.created']
  expect((await site.eventTypesOf(license.id)).filter((type) => type.startsWith('act'))).toEqual([
    'activation.created',
    ...moved,
    ...moved,
    'activation.deleted',
  ])
})

test('license actions: a seat is released', async () => {
  await site.send('PUT', '/api/v1/plans/professional', { max_seats: 3 })
  const license = await site.createLicense()
  const seat = { key: license.key, fingerprint: 'f-1', name: "Ada's workstation" }
  expect((await site.callAsClient('seats/acquire', seat)).status).toBe(200)
  await using visited = await site.open(pageOf(license, 'activations'))
  const { page } = visited
  await page.getByText('In use: 1 of 3').waitFor()
  await button(page, 'Release').click()
  await dialogButton(page, 'Release seat').click()
  await page.getByText('In use: 0 of 3').waitFor()
  expect((await site.send('GET', `${API}/${license.id}/seats`)).body.data).toEqual([])
})
