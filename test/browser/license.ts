import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Locator, Page } from 'playwright-core'
import { DAY_MS } from '~/domain/times.ts'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'
import { recordValidations } from './support/usage.ts'

const API = '/api/v1/licenses'
const pageOf = ({ id }: { id: string }, tab?: string) =>
  `/admin/licenses/${id}${tab === undefined ? '' : `?tab=${tab}`}`

let site: Site
beforeAll(async () => {
  site = await openSite()
  await site.send('PUT', '/api/v1/plans/professional', { offline: {} })
})
afterAll(() => site.close())

const read = async (id: string) => (await site.send('GET', `${API}/${id}`)).body
const auditOf = async (id: string, action: string) =>
  (await site.send('GET', `/api/v1/audit?subject_id=${id}&action=${action}`)).body.data
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const dialogButton = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name, exact: true })

async function createUsedLicense() {
  const license = await recordValidations(site, [
    { domain: 'a.example.com', country: 'DE' },
    { domain: 'b.example.com', country: 'FR', error: 'DOMAIN_LIMIT_REACHED' },
  ])
  await site.callAsClient('activate', { key: license.key, domain: 'a.example.com' })
  await site.callAsClient('activate', {
    key: license.key,
    fingerprint: 'a-fingerprint',
    name: "Ada's laptop",
  })
  return license
}

/** Returns the text of an element, in one line. */
const readText = async (locator: Locator) =>
  (await locator.allInnerTexts()).join(' ').replaceAll(/\s+/g, ' ')

test('license page: no view of it has a flaw', async () => {
  const license = await createUsedLicense()
  await site.send('PUT', `${API}/${license.id}`, {
    metadata: { note: 'Pays by invoice.', order: 'A-1009' },
    max_domains: 2,
  })
  const views = ['activations', 'usage', 'history', 'check', 'purchase', 'emails', 'files']
  await site.checkFour(pageOf(license), async (page, check) => {
    for (const view of views) {
      await page.goto(`${site.url}${pageOf(license, view)}`)
      await check(view)
    }
  })
})

test('license page: no dialog of it has a flaw', async () => {
  const license = await site.createLicense({ expires_at: '2099-01-01T00:00:00Z' })
  const actions = ['Renew', 'Suspend', 'Rotate key', 'Revoke']
  const editors = ['Edit terms', 'Edit customer', 'Edit features', 'Edit notes']
  await using visited = await site.open(pageOf(license), { size: 'narrow' })
  const { page } = visited
  for (const name of [...actions, ...editors]) {
    await button(page, name).click()
    await visited.check(name)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  }
})

test('license page: a status is told in words, with its end, its origin and its reason', async () => {
  const statusOf = async (id: string) => {
    await using visited = await site.open(pageOf({ id }))
    return await readText(visited.page.locator('.status-line'))
  }
  const perpetual = await site.createLicense()
  await site.send('PUT', `${API}/${perpetual.id}`, { expires_at: null })
  await expectSoon(() => statusOf(perpetual.id)).toBe('Active with no expiration.')

  const inTenDays = new Date(site.clock.nowMs() + 10.5 * DAY_MS).toISOString()
  const limited = await site.createLicense({ expires_at: inTenDays })
  await expectSoon(() => statusOf(limited.id)).toMatch(
    /^Active until \w+ \d+, \d{4} \(in 10 days\)\.$/,
  )

  const ada = await site.signedIn({ setup: await site.setupToken() })
  await ada.send('POST', `${API}/${limited.id}/suspend`, { reason: 'chargeback' })
  await expectSoon(() => statusOf(limited.id)).toMatch(
    /^Suspended since \w+ \d+, \d{4} by admin: chargeback$/,
  )
  await ada.send('POST', `${API}/${limited.id}/revoke`, { reason: 'stolen card' })
  await expectSoon(() => statusOf(limited.id)).toMatch(
    /^Revoked on \w+ \d+, \d{4} by admin: stolen card\. This is final\.$/,
  )

  const lastWeek = new Date(site.clock.nowMs() - 7 * DAY_MS).toISOString()
  const ended = await site.createLicense({ expires_at: lastWeek })
  await expectSoon(() => statusOf(ended.id)).toContain('Expired since')
})

test('license page: the key is masked until a click, is hidden after a minute, and the audit has the click', async () => {
  const license = await site.createLicense()
  await using visited = await site.open(pageOf(license))
  const { page } = visited
  expect(await page.content()).not.toContain(license.key)
  await button(page, 'Reveal key').click()
  await page.getByText(license.key).waitFor()
  await visited.check('with its key')
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.title]),
  )
  expect(kept).not.toContain(license.key)
  await expectSoon(() => auditOf(license.id, 'license.reveal')).toMatchObject([
    { actor: { kind: 'operator', name: 'Ada Lovelace' } },
  ])
  await page.clock.fastForward(61_000)
  await page.getByText(license.key).waitFor({ state: 'detached' })
  expect(await page.content()).not.toContain(license.key)
})

test('license page: limits are shown as used and allowed, with that of the plan', async () => {
  const license = await createUsedLicense()
  await site.send('PUT', `${API}/${license.id}`, { max_domains: 7 })
  await using visited = await site.open(pageOf(license))
  const limits = await visited.page.locator('.limits li').allInnerTexts()
  const { max_devices: devices } = await read(license.id)
  expect(limits[0]).toMatch(/^Domains\s+1 of 7\s+Own limit; the plan has \S/)
  expect(limits[1]).toMatch(new RegExp(`^Devices\\s+1 of ${devices}$`))
})

test('license page: an API key that may only read sees no button, and names the scope it lacks', async () => {
  const license = await createUsedLicense()
  const as = ['licenses:read'] as const
  await using visited = await site.open(pageOf(license), { as })
  const { page } = visited
  for (const name of ['Reveal key', 'Suspend', 'Revoke', 'Edit terms'])
    await expectSoon(() => button(page, name).count()).toBe(0)
  await page.goto(`${site.url}${pageOf(license, 'activations')}`)
  await visited.check('with activations')
  await expectSoon(() => button(page, 'Release').count()).toBe(0)
  await using forbidden = await site.open(pageOf(license, 'usage'), { as, allow: [403] })
  await expectSoon(() => readText(forbidden.page.getByRole('alert').first())).toContain(
    'usage:read',
  )
})

test('license page: its parts are changed with one event each, and an unchanged form with none', async () => {
  const license = await site.createLicense({ metadata: { order: '1009', seats: 3 } })
  await using visited = await site.open(pageOf(license))
  const { page } = visited
  await button(page, 'Edit customer').click()
  await page.getByLabel('Name', { exact: true }).fill('Eve Example')
  await page.getByLabel('Reference').fill('order-77')
  await dialogButton(page, 'Save').dblclick()
  await page.getByText('order-77').waitFor()

  await button(page, 'Edit terms').click()
  await page.getByLabel('Domain limit', { exact: true }).selectOption('own')
  await page.getByLabel('Domain limit of this license').fill('9')
  await page.getByLabel('Expiration').selectOption('never')
  await dialogButton(page, 'Save').click()
  await page.getByText('of 9').waitFor()

  await button(page, 'Edit notes').click()
  await page.getByLabel('Note', { exact: true }).fill('Pays by invoice.')
  await dialogButton(page, 'Save').click()
  await page.getByText('Pays by invoice.').waitFor()

  await button(page, 'Edit features').click()
  await dialogButton(page, 'Save').click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })

  await expectSoon(() => read(license.id)).toMatchObject({
    customer_name: 'Eve Example',
    external_ref: 'order-77',
    max_domains: 9,
    overrides: ['max_domains'],
    expires_at: null,
    metadata: { note: 'Pays by invoice.', order: '1009', seats: 3 },
  })
  const edits = Array(3).fill('license.updated')
  await expectSoon(() => site.eventTypesOf(license.id)).toEqual(['license.created', ...edits])
})

test('license page: errors are shown at their fields, and what was typed stays', async () => {
  const license = await site.createLicense()
  await using visited = await site.open(pageOf(license), { allow: [422] })
  const { page } = visited
  await button(page, 'Edit customer').click()
  await page.getByLabel('Email address').fill('not an address')
  await dialogButton(page, 'Save').click()
  const field = page.getByLabel('Email address')
  await page.locator('[aria-invalid="true"]').waitFor()
  await expectSoon(() => field.getAttribute('aria-invalid')).toBe('true')
  await expectSoon(() => field.evaluate((element) => element === document.activeElement)).toBe(true)
  await visited.check('with an error')
  await expectSoon(() => site.eventTypesOf(license.id)).toEqual(['license.created'])
})

test('license page: after a change by somebody else, a form says what differs, and reloads or overwrites', async () => {
  const license = await site.createLicense()
  await using visited = await site.open(pageOf(license), { allow: [412] })
  const { page } = visited
  const ada = await site.signedIn({ setup: await site.setupToken() })
  const rename = (name: string) =>
    ada.send('PUT', `${API}/${license.id}`, { customer_name: name, max_devices: 9 })

  await button(page, 'Edit customer').click()
  await page.getByLabel('Name', { exact: true }).fill('Mine')
  await rename('Theirs')
  await dialogButton(page, 'Save').click()
  const notice = page.getByRole('dialog').getByRole('alert')
  await notice.waitFor()
  await visited.check('with a conflict')
  const text = await readText(notice)
  expect(text).toContain('admin has changed this license')
  expect(text).toContain('Customer name: None → Theirs (yours would replace it)')
  expect(text).toMatch(/Device limit: \S+ → 9/)
  expect((await read(license.id)).customer_name).toBe('Theirs')

  await dialogButton(page, 'Reload').click()
  await expectSoon(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('Theirs')
  await page.getByLabel('Name', { exact: true }).fill('Mine')
  await rename('Theirs again')
  await dialogButton(page, 'Save').click()
  await dialogButton(page, 'Overwrite').click()
  await page.getByText('Mine', { exact: true }).waitFor()
  await expectSoon(() => read(license.id)).toMatchObject({ customer_name: 'Mine', max_devices: 9 })
  const edits = Array(3).fill('license.updated')
  await expectSoon(() => site.eventTypesOf(license.id)).toEqual(['license.created', ...edits])
})
