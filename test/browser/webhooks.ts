import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createWebhook, deliver } from '../support/jobs.ts'
import { type Receiver, respond, startReceiver, typesOf } from '../support/receiver.ts'
import { openSite, passTime, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

const CALLS = { allow: [409, 422] }

let site: Site
let receiver: Receiver
beforeAll(async () => {
  site = await openSite()
  receiver = await startReceiver(respond(200, {}, 'thanks'))
})
afterAll(async () => {
  await site.close()
  await receiver[Symbol.asyncDispose]()
})

const listWebhooks = async () => (await site.send('GET', '/api/v1/webhooks')).body.data

test('webhooks: without endpoints, the page says what they are for, and its dialog has no flaw', async () => {
  await site.checkFour('/admin/webhooks', async (page) => {
    await page.getByText('No endpoints yet').waitFor()
    await page.getByRole('button', { name: 'Add endpoint' }).click()
    await page.getByLabel('Only some').check()
  })
})

test('webhooks: a new endpoint gets the chosen events, and its secret is shown only once', async () => {
  await using visited = await site.open('/admin/webhooks', CALLS)
  const { page } = visited
  await page.getByRole('button', { name: 'Add endpoint' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('URL').fill('http://10.0.0.1/hook')
  await dialog.getByRole('button', { name: 'Add endpoint' }).click()
  // The server says what is wrong, and the field has the focus.
  await dialog.getByText('This address is not public.').waitFor()
  await expectSoon(() =>
    dialog.getByLabel('URL').evaluate((it) => it === document.activeElement),
  ).toBe(true)

  await dialog.getByLabel('URL').fill(receiver.url)
  await dialog.getByLabel('Only some').check()
  await dialog.getByLabel('All license events').check()
  await dialog.getByLabel('customer.erased').check()
  await dialog.getByRole('button', { name: 'Add endpoint' }).click()
  const secret = await page.getByText(/^whsec_/).textContent()
  await visited.check('with the secret')
  const [endpoint] = await listWebhooks()
  expect(endpoint).toMatchObject({ url: receiver.url, events: ['license.*', 'customer.erased'] })

  await page.getByRole('button', { name: 'Done' }).click()
  expect(await page.content()).not.toContain(secret)
  await page.reload()
  await visited.settle()
  expect(await page.content()).not.toContain('whsec_')
  expect(page.url()).not.toContain('whsec_')
})

test('webhooks: an endpoint is tested, paused, edited and enabled on its page', async () => {
  const [{ id }] = await listWebhooks()
  await using visited = await site.open(`/admin/webhooks/${id}`)
  const { page } = visited
  await page.getByRole('button', { name: 'Send test event' }).click()
  await passTime(page)
  await page.getByRole('link', { name: 'webhook.test' }).waitFor()
  await deliver(site)
  await passTime(page)
  await page.getByRole('cell', { name: 'Delivered' }).waitFor()
  expect(typesOf(receiver.requests)).toEqual(['webhook.test'])

  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('This endpoint is paused').waitFor()
  await expectSoon(() => page.getByRole('button', { name: 'Send test event' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Description').fill('<img src=x onerror=alert(1)>')
  await page.getByRole('button', { name: 'Save endpoint' }).click()
  await page.getByText('<img src=x onerror=alert(1)>').waitFor()
  await page.getByRole('button', { name: 'Enable' }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  expect((await listWebhooks())[0]).toMatchObject({ enabled: true })
})

test('webhooks: after a rotation, deliveries have the signatures of both secrets, as the page says', async () => {
  const [{ id }] = await listWebhooks()
  await using visited = await site.open(`/admin/webhooks/${id}`, { size: 'narrow' })
  const { page } = visited
  await page.getByRole('button', { name: 'Rotate secret' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate secret' }).click()
  await page.getByText(/^whsec_/).waitFor()
  await page.getByText('each delivery has two signatures').waitFor()
  await visited.check('with the new secret')
  await page.getByRole('button', { name: 'Send test event' }).click()
  await page.getByText('Test event sent').waitFor()
  await deliver(site)
  expect(receiver.requests.at(-1)?.headers['webhook-signature']?.split(' ')).toHaveLength(2)
})

test('webhooks: what an endpoint has missed since a time is recovered', async () => {
  const behavior = { status: 500 }
  await using flaky = await startReceiver((socket, request) =>
    respond(behavior.status)(socket, request),
  )
  const { id } = await createWebhook(site, flaky, { events: ['license.created'] })
  await site.send('PUT', `/api/v1/webhooks/${id}`, { enabled: true })
  behavior.status = 410
  await site.createLicense()
  await deliver(site)
  behavior.status = 200
  await using visited = await site.open(`/admin/webhooks/${id}`)
  const { page } = visited
  await page.getByText('it responded with 410 Gone').waitFor()
  await visited.check('disabled')
  await page.getByRole('button', { name: 'Enable' }).click()
  await page.getByRole('button', { name: 'Recover' }).click()
  await visited.check('with the dialog')
  await page.getByRole('dialog').getByRole('button', { name: 'Recover' }).click()
  await page.getByText('1 delivery will be sent again.').waitFor()
  await deliver(site)
  await passTime(page)
  await page.getByRole('cell', { name: 'Delivered' }).waitFor()
  expect(flaky.requests).toHaveLength(2)
})

test('webhooks: the page of an endpoint has no flaw, and deleting the endpoint leads back to the list', async () => {
  const [{ id }] = await listWebhooks()
  await site.checkFour(`/admin/webhooks/${id}`, (page) =>
    page.getByRole('button', { name: 'Delete' }).click(),
  )
  await using visited = await site.open(`/admin/webhooks/${id}`)
  const { page } = visited
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Delete endpoint' }).click()
  await page.waitForURL('**/admin/webhooks')
  expect((await listWebhooks()).some((each: { id: string }) => each.id === id)).toBe(false)
  await site.checkFour('/admin/webhooks')
})

test('webhooks: without webhooks:write, endpoints are shown without actions', async () => {
  const [{ id }] = await listWebhooks()
  for (const path of ['/admin/webhooks', `/admin/webhooks/${id}`, '/admin/webhooks/deliveries']) {
    await using visited = await site.open(path, { as: ['webhooks:read'] })
    await visited.check('as a reader')
    await expectSoon(() => visited.page.locator('main button').count()).toBe(0)
  }
  await using visited = await site.open('/admin/webhooks', { as: ['plans:read'], allow: [403] })
  await visited.page.getByText('webhooks:read').waitFor()
})
