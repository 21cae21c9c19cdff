import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sendMails } from '~/jobs/send-mails.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { serveTestApp } from '../support/browser.ts'
import { buildPayment, processAll, processEvent, sendEvent } from '../support/checkout.ts'
import { rowsIn } from '../support/database.ts'
import { runJob } from '../support/jobs.ts'
import {
  type MailServer,
  readMailSettings,
  smtpUrlOf,
  startMailServer,
} from '../support/mail-server.ts'
import { browse, passTime, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Site
let mailServer: MailServer
beforeAll(async () => {
  mailServer = await startMailServer()
  const { config, smtp } = readMailSettings(smtpUrlOf(mailServer))
  site = await browse(await serveTestApp(config, smtp))
})
afterAll(async () => {
  await site.close()
  await mailServer[Symbol.asyncDispose]()
})

const pathOf = ({ id }: { id: string }) => `/admin/checkout/events/${id}`
const pay = (fields: object) => processEvent(site, buildPayment(site, fields))
const listLicenses = async () => (await site.send('GET', '/api/v1/licenses')).body.data

test('checkout: without events, the page says how to begin', async () => {
  await site.checkFour('/admin/checkout', (page) => page.getByText('No events yet').waitFor())
})

test('checkout: without rules, the page says what a rule is', async () => {
  await site.checkFour('/admin/checkout/rules', (page) => page.getByText('No rules yet').waitFor())
})

test('checkout: a rule is made from an unmatched event in two clicks, and then the license exists', async () => {
  const event = await pay({ items: [{ price: 'price_professional', quantity: 1 }] })
  expect(event.state).toBe('unmatched')
  await site.checkFour(pathOf(event), (page) =>
    page.getByRole('button', { name: 'Make a rule' }).click(),
  )
  await using visited = await site.open(pathOf(event))
  const { page } = visited
  await page.getByRole('button', { name: 'Make a rule' }).click()
  await page.getByRole('button', { name: 'Create rule' }).click()
  await page.getByText('Rule created').waitFor()
  await processAll(site)
  await passTime(page)
  await page.getByRole('rowheader', { name: 'Ada' }).waitFor()
  await page.getByText('Created with the plan professional.').waitFor()
  await visited.check('done')

  const [license] = await listLicenses()
  expect(license).toMatchObject({ plan: 'professional', customer_email: 'ada@example.com' })
  await expectSoon(() => site.eventTypesOf(license.id)).toEqual(['license.created'])
  const { body: rules } = await site.send('GET', '/api/v1/checkout/rules')
  expect(rules.data).toMatchObject([
    { provider: 'standard', price: 'price_professional', plan: 'professional' },
  ])
  await page.getByRole('link', { name: 'Ada' }).click()
  await page.waitForURL(`**/admin/licenses/${license.id}`)
})

test('checkout: replaying twice changes nothing and sends no email, unless the option is checked', async () => {
  await runJob(sendMails, site.deps)
  expect(mailServer.mails).toHaveLength(1)
  const { body } = await site.send('GET', '/api/v1/checkout/events?state=done')
  const tables = ['licenses', 'events', 'checkout_units', 'mails'] as const
  const read = () =>
    Object.fromEntries(tables.map((table) => [table, rowsIn(databasePath(site.directory))[table]]))
  const before = read()
  await using visited = await site.open(pathOf(body.data[0]))
  const { page } = visited
  const replay = async (sendsMail: boolean) => {
    await page.getByRole('button', { name: 'Replay' }).click()
    const option = page.getByLabel('Email the keys to the customer again')
    await expectSoon(() => option.isChecked()).toBe(false)
    if (sendsMail) await option.check()
    await page.getByRole('button', { name: 'Replay event' }).click()
    await page.getByText('Processing').waitFor()
    await processAll(site)
    await passTime(page)
    await page.getByText('Done', { exact: true }).first().waitFor()
  }
  await replay(false)
  await replay(false)
  expect(read()).toEqual(before)
  await replay(true)
  expect(read()).toEqual({ ...before, mails: expect.anything() })
  await runJob(sendMails, site.deps)
  expect(mailServer.mails.map(({ to }) => to)).toEqual([['ada@example.com'], ['ada@example.com']])
})

test('checkout: the raw event is loaded only after a click, which the audit shows', async () => {
  const { body } = await site.send('GET', '/api/v1/checkout/events?state=done')
  await using visited = await site.open(pathOf(body.data[0]))
  const { page } = visited
  expect(await page.content()).not.toContain('occurred_at')
  await page.getByRole('button', { name: 'Show JSON' }).click()
  await page.getByText('"occurred_at"').waitFor()
  await visited.check('with the raw event')
  await page.getByRole('button', { name: 'Hide JSON' }).click()
  expect(await page.content()).not.toContain('occurred_at')
  const { body: audit } = await site.send('GET', '/api/v1/audit?limit=1')
  expect(audit.data[0].action).toBe('checkout_event.reveal')
})

test('checkout: the inbox has a tab for each state, with counts of those that need somebody', async () => {
  await pay({ order_id: 'unknown', items: [{ price: 'price_<b>', quantity: 2 }] })
  await pay({ order_id: 'bad', items: 'none' })
  await pay({ order_id: 'test', test: true })
  await processEvent(site, { ...buildPayment(site), type: 'viewed' })
  await sendEvent(site, buildPayment(site, { order_id: 'new' }))
  await site.checkFour('/admin/checkout')
  await using visited = await site.open('/admin/checkout')
  const { page } = visited
  const states = page.getByRole('navigation', { name: 'States' })
  const rows = page.getByRole('row').filter({ has: page.getByRole('rowheader') })
  await expectSoon(() => rows.count()).toBe(6)
  for (const [tab, count] of [
    ['Unmatched', '1'],
    ['Failed', '1'],
    ['Processing', '1'],
    ['Done', ''],
    ['Ignored', ''],
    ['Test mode', ''],
  ] as const) {
    const link = states.getByRole('link', { name: tab })
    await expectSoon(() => link.textContent()).toBe(`${tab}${count}`)
    await link.click()
    await page.waitForURL('**state=*')
    await visited.settle()
    await expectSoon(() => rows.count()).toBe(1)
    await expectSoon(() => link.getAttribute('aria-current')).toBe('page')
  }
  await page.reload()
  await visited.settle()
  await expectSoon(() => rows.count()).toBe(1)
  await page.getByLabel('Shop').selectOption('stripe')
  await page.getByText('No event is in this state').waitFor()
})

test('checkout: a rule is added, changed and deleted, and one that is in use stays', async () => {
  await using visited = await site.open('/admin/checkout/rules', { allow: [409, 422] })
  const { page } = visited
  await page.getByRole('link', { name: 'Add rule' }).click()
  await page.getByRole('button', { name: 'Create rule' }).click()
  await page.locator('[aria-invalid="true"]').first().waitFor()
  await page.getByLabel('Price at the shop').fill('price_starter')
  await page.getByLabel('Grants the plan').selectOption('starter')
  await page.getByLabel('A quantity is the number of').selectOption('seats')
  await page.getByRole('button', { name: 'Create rule' }).click()
  await page.waitForURL('**/rules/rule_*')
  await page.getByLabel('Hours of validity after a paid period').fill('24')
  await page.getByLabel('A dispute').selectOption('nothing')
  await page.getByRole('button', { name: 'Save rule' }).click()
  await page.getByText('Version 2').waitFor()
  const { body } = await site.send('GET', '/api/v1/checkout/rules?limit=1')
  expect(body.data[0]).toMatchObject({
    provider: null,
    price: 'price_starter',
    plan: 'starter',
    quantity_means: 'seats',
    slack_hours: 24,
    dispute: 'nothing',
    full_refund: 'revoke',
  })
  await page.getByRole('button', { name: 'Delete rule' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete rule' }).click()
  await page.waitForURL('**/checkout/rules')

  await page.getByRole('link', { name: 'Price price_professional' }).click()
  await page.getByRole('button', { name: 'Delete rule' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete rule' }).click()
  await page.getByRole('dialog').getByRole('alert').waitFor()
  await visited.check('with the reason')
  const licenses = page.getByRole('link', { name: 'Show the licenses of the plan professional' })
  await expectSoon(() => licenses.getAttribute('href')).toBe('/admin/licenses?plan=professional')
})

test('checkout: the pages of rules have no flaw', async () => {
  const { body } = await site.send('GET', '/api/v1/checkout/rules?limit=1')
  await site.checkFour('/admin/checkout/rules')
  await site.checkFour(`/admin/checkout/rules/${body.data[0].id}`)
  await site.checkFour('/admin/checkout/rules/new')
})

test('checkout: a dry run says what an event would do, and changes nothing', async () => {
  const { body } = await site.send('GET', '/api/v1/checkout/events?state=received')
  const before = rowsIn(databasePath(site.directory)).licenses
  await site.checkFour('/admin/checkout/dry-run', async (page, check) => {
    await page.getByRole('button', { name: 'Run dry' }).click()
    await page.getByText('Paste a JSON object').waitFor()
    await check('with an error')
    await page.getByLabel('Shop', { exact: true }).selectOption('standard')
    const items = [{ price: 'price_professional', quantity: 3 }]
    const event = buildPayment(site, { order_id: 'dry', items })
    await page.getByLabel('JSON of the event').fill(JSON.stringify(event))
    await page.getByRole('button', { name: 'Run dry' }).click()
    await page.getByText('3 licenses').first().waitFor()
  })
  await using visited = await site.open(`/admin/checkout/dry-run?event_id=${body.data[0].id}`)
  await visited.page.getByRole('button', { name: 'Run dry' }).click()
  await visited.page.getByText('Unmatched').waitFor()
  expect(rowsIn(databasePath(site.directory)).licenses).toEqual(before)
})

test('checkout: with checkout:read only, there are no actions and no raw event', async () => {
  const { body } = await site.send('GET', '/api/v1/checkout/events?state=unmatched')
  const { body: rules } = await site.send('GET', '/api/v1/checkout/rules?limit=1')
  for (const path of [
    '/admin/checkout',
    pathOf(body.data[0]),
    '/admin/checkout/rules',
    `/admin/checkout/rules/${rules.data[0].id}`,
  ]) {
    await using visited = await site.open(path, { as: ['checkout:read'] })
    await visited.check('as a reader')
    await expectSoon(() => visited.page.locator('main button').count()).toBe(0)
  }
})
