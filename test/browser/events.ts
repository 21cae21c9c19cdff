import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openSite, passTime, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

test('events: without events, the page says how to get one', async () => {
  await site.checkFour('/admin/events', (page) => page.getByText('No events yet').waitFor())
})

test('events: the list shows new events without a reload, and its filters are in the address', async () => {
  await using visited = await site.open('/admin/events')
  const { page } = visited
  const { id } = await site.createLicense()
  await passTime(page)
  await page.getByRole('link', { name: 'license.created' }).waitFor()
  await site.send('POST', `/api/v1/licenses/${id}/suspend`, { reason: 'unpaid' })
  await passTime(page)
  await page.getByRole('link', { name: 'license.suspended' }).waitFor()
  await page.getByLabel('Type').selectOption('license.suspended')
  await page.waitForURL('**type=license.suspended')
  await visited.settle()
  await expectSoon(() => page.getByRole('rowheader').count()).toBe(1)
  await page.reload()
  await visited.settle()
  await expectSoon(() => page.getByRole('rowheader').count()).toBe(1)
  await page.getByLabel('Type').selectOption('activation.*')
  await page.getByText('No event matches').waitFor()

  await site.createLicense({ customer_email: 'other@example.com' })
  await page.goto(`${site.url}/admin/events?license_id=${id}`)
  await visited.settle()
  await expectSoon(() => page.getByRole('rowheader').count()).toBe(2)
  await page.getByRole('button', { name: 'Show those of all licenses' }).click()
  await page.getByText('other@example.com').waitFor()
  await site.checkFour('/admin/events')
})

test('events: the page of an event shows its data as JSON, with the key masked', async () => {
  const name = '<img src=x onerror=alert(1)>'
  const license = await site.createLicense({ customer_name: name })
  const { body } = await site.send('GET', `/api/v1/licenses/${license.id}/events`)
  const path = `/admin/events/${body.data[0].id}`
  await site.checkFour(path)
  await using visited = await site.open(path)
  const { page } = visited
  const shown = JSON.parse((await page.locator('main pre').textContent()) ?? '')
  expect(shown).toEqual(body.data[0].data)
  expect(await page.content()).not.toContain(license.key)
  await expectSoon(() => page.title()).toBe('license.created · Licet')
  await page.getByRole('link', { name: 'All events of this license' }).click()
  await page.waitForURL(`**/admin/events?license_id=${license.id}`)
})

test('events: they are in the navigation of those who may read them', async () => {
  await using reader = await site.open('/admin/events', { as: ['events:read'] })
  await reader.check('as a reader')
  await reader.page.getByRole('link', { name: 'Events' }).waitFor()
  await using other = await site.open('/admin/events', { as: ['plans:read'], allow: [403] })
  await other.page.getByText('events:read').waitFor()
  await expectSoon(() => other.page.getByRole('link', { name: 'Events' }).count()).toBe(0)
})
