import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createWebhook, deliver } from '../support/jobs.ts'
import { type Receiver, respond, startReceiver } from '../support/receiver.ts'
import { openSite, passTime, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

const HTML = '<img src=x onerror="document.title=`changed`"> out of order'

let site: Site
let receiver: Receiver
let other: Receiver
let status = 503
beforeAll(async () => {
  site = await openSite()
  receiver = await startReceiver((socket, request) =>
    respond(status, {}, status === 200 ? 'thanks' : HTML + 'x'.repeat(2000))(socket, request),
  )
  other = await startReceiver(respond(204))
  await createWebhook(site, receiver, { events: ['license.created'] })
  await createWebhook(site, other, { events: ['license.*'] })
})
afterAll(async () => {
  await site.close()
  await receiver[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

const path = '/admin/webhooks/deliveries'

test('deliveries: new ones appear and change their status without a reload', async () => {
  await using visited = await site.open(path)
  const { page } = visited
  await page.getByText('No deliveries yet').waitFor()
  await page.evaluate(() => Object.assign(window, { isSamePage: true }))
  await site.createLicense()
  await passTime(page)
  await page.getByRole('cell', { name: 'Pending' }).first().waitFor()
  await expectSoon(() => page.getByRole('cell', { name: 'Pending' }).count()).toBe(2)
  await deliver(site)
  await passTime(page)
  await page.getByRole('cell', { name: 'Delivered' }).waitFor()
  await page.getByRole('cell', { name: 'Retrying' }).waitFor()
  await expectSoon(() => page.evaluate(() => 'isSamePage' in window)).toBe(true)
})

test('deliveries: filters are in the address, survive a reload, and Back takes them back', async () => {
  await using visited = await site.open(path)
  const { page } = visited
  const rows = page.getByRole('row').filter({ has: page.getByRole('rowheader') })
  await page.getByLabel('Status').selectOption('delivered')
  await page.waitForURL('**status=delivered')
  await visited.settle()
  await expectSoon(() => rows.count()).toBe(1)
  await page.getByLabel('Endpoint').selectOption({ label: receiver.url.replace('http://', '') })
  await page.getByText('No delivery matches').waitFor()
  await page.reload()
  await page.getByText('No delivery matches').waitFor()
  await expectSoon(() => page.getByLabel('Status').inputValue()).toBe('delivered')
  await page.goBack()
  await visited.settle()
  await expectSoon(() => rows.count()).toBe(1)
  await page.getByLabel('Event type').selectOption('activation.*')
  await page.getByText('No delivery matches').waitFor()
  await page.getByRole('link', { name: 'Clear the filters' }).click()
  await visited.settle()
  await expectSoon(() => rows.count()).toBe(2)
  // The visitor is in Berlin, an hour ahead of UTC.
  await page.getByLabel('Created before').fill('2026-03-06T01:00')
  await page.waitForURL('**before=2026-03-06T00%3A00%3A00Z')
  await page.getByText('No delivery matches').waitFor()
})

test('deliveries: the list has no flaw, and a wrong filter in the address is explained', async () => {
  await site.checkFour(path)
  await using visited = await site.open(`${path}?status=lost`, { allow: [422] })
  await visited.check('with a wrong filter')
  await visited.page.getByRole('alert').waitFor()
})

test('deliveries: one delivery shows each attempt with the first KiB of the response as text', async () => {
  const { body } = await site.send('GET', '/api/v1/deliveries?status=pending')
  await site.checkFour(`${path}/${body.data[0].id}`)
  await using visited = await site.open(`${path}/${body.data[0].id}`)
  const { page } = visited
  await page.getByText('Status 503').waitFor()
  const shown = await page.locator('main pre').textContent()
  expect(shown).toStartWith(HTML)
  expect(shown).toHaveLength(1024)
  await expectSoon(() => page.title()).toBe('Delivery of license.created · Licet')
})

test('deliveries: a retry shows the new attempt without a reload', async () => {
  const { body } = await site.send('GET', '/api/v1/deliveries?status=pending')
  await using visited = await site.open(`${path}/${body.data[0].id}`)
  const { page } = visited
  status = 200
  await page.getByRole('button', { name: 'Retry now' }).click()
  await page.getByText('The delivery is sent again').waitFor()
  await deliver(site)
  await passTime(page)
  await page.getByText('Status 200').waitFor()
  await page.getByText('Status 503').waitFor()
  await page.getByText('Delivered').waitFor()
  expect(receiver.requests).toHaveLength(2)
  await page.getByRole('button', { name: 'Send again' }).waitFor()
  await visited.check('delivered')
})

test('deliveries: a receiver that is gone is named in words', async () => {
  const { port } = receiver
  await receiver[Symbol.asyncDispose]()
  await site.createLicense()
  await deliver(site)
  const { body } = await site.send('GET', '/api/v1/deliveries?status=pending')
  await using visited = await site.open(`${path}/${body.data[0].id}`)
  await visited.page.getByText('The server refused the connection.').waitFor()
  await expectSoon(() => visited.page.getByRole('link', { name: `:${port}` }).count()).toBe(1)
})
