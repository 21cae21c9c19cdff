import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { readActionsOfOperator } from './support/audit.ts'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
  await site.send('POST', '/api/v1/plans', {
    slug: 'team',
    product: 'default',
    name: 'Team',
    max_domains: 5,
    max_devices: 3,
    require_domain: true,
    features: { sso: true, projects: 10, tier: 'gold' },
    sharing: { countries_per_day: 3 },
  })
  for (const name of ['a', 'b']) {
    await site.createLicense({ plan: 'team', domains: [`${name}1.io`, `${name}2.io`] })
  }
  await site.createLicense({ plan: 'team', domains: ['c1.io'] })
})
afterAll(() => site.close())

const getPlan = async (slug: string) => (await site.send('GET', `/api/v1/plans/${slug}`)).body
const save = (page: Page) => page.getByRole('button', { name: 'Save changes' }).click()
const saved = (page: Page) => page.getByText('Plan saved.').waitFor()

test('plans: the list and the dialog of a new product have no flaw', async () => {
  await site.checkFour('/admin/plans', async (page) => {
    await page.getByRole('button', { name: 'New product' }).click()
    await page.getByRole('dialog').waitFor()
  })
})

test('plans: the editor has no flaw, with an effect, with errors, and while a plan is deleted', async () => {
  await site.checkFour('/admin/plans/team', async (page, check) => {
    await page.getByRole('textbox', { name: 'Domains', exact: true }).fill('1')
    await page.getByText('2 licenses would be over their limit').waitFor()
    await check('with an effect')
    await page.getByLabel('Days of grace').fill('many')
    await page.getByRole('button', { name: 'Add feature' }).click()
    await save(page)
    await page.getByText('Enter a whole number.').waitFor()
    await check('with errors')
    await page.getByRole('button', { name: 'Delete plan' }).click()
    await page.getByRole('dialog').waitFor()
  })
})

test('plans: the list groups plans by product, and each number of licenses leads to them', async () => {
  await using visited = await site.open('/admin/plans')
  const { page } = visited
  const group = page.getByRole('region', { name: 'Default product' })
  const row = group.getByRole('row', { name: /Team/ })
  await expectSoon(() => row.textContent()).toContain('5 domains, 3 devices')
  const link = row.getByRole('link', { name: '3 licenses of team' })
  await expectSoon(() => link.getAttribute('href')).toBe('/admin/licenses?plan=team')
})

test('plans: an effect names as many licenses as the API, links to them, and changes nothing', async () => {
  const { body } = await site.send('GET', '/api/v1/plans/team/effects?max_domains=1')
  const [{ count, license_ids: ids }] = body.over
  expect(count).toBe(2)
  const before = await getPlan('team')
  await using visited = await site.open('/admin/plans/team')
  const { page } = visited
  await page.getByRole('textbox', { name: 'Domains', exact: true }).fill('1')
  await page.getByText('2 licenses would be over their limit').waitFor()
  const links = page.locator('main [role="status"] a')
  await expectSoon(() => links.allInnerTexts()).toEqual(ids)
  await expectSoon(() => links.first().getAttribute('href')).toBe(`/admin/licenses/${ids[0]}`)
  await page.getByRole('textbox', { name: 'Domains', exact: true }).fill('2')
  await page.getByText('No license uses more than this.').waitFor()
  await page.getByRole('textbox', { name: 'Domains', exact: true }).fill('9')
  await page.getByText('No license uses more than this.').waitFor({ state: 'detached' })
  await expectSoon(() => getPlan('team')).toEqual(before)
})

test('plans: an edit sends only what was changed, and is in the audit with the name of the operator', async () => {
  const before = await getPlan('team')
  await using visited = await site.open('/admin/plans/team')
  const { page } = visited
  const sent: unknown[] = []
  page.on('request', (request) => {
    if (request.method() === 'PUT') sent.push(request.postDataJSON())
  })
  await save(page)
  await page.getByText('Nothing has changed.').waitFor()
  expect(sent).toEqual([])

  await page.getByRole('textbox', { name: 'Devices', exact: true }).fill('')
  await page.getByLabel('Name of feature 1').fill('single_sign_on')
  await page
    .getByRole('textbox', { name: 'Free hosts', exact: true })
    .fill('staging.*\n*.wpengine.com')
  await page.getByLabel('Apps can work offline').uncheck()
  await save(page)
  await saved(page)
  await visited.check('after an edit')
  const changes = {
    max_devices: null,
    features: { single_sign_on: true, projects: 10, tier: 'gold' },
    free_domain_patterns: ['staging.*', '*.wpengine.com'],
    offline: null,
  }
  expect(sent).toEqual([changes])
  expect({ ...(await getPlan('team')), notices: [] }).toEqual({
    ...before,
    ...changes,
    notices: [],
  })
  expect((await readActionsOfOperator(site, 'plan.*'))[0]).toBe('plan.update team')
})

test('plans: an error of the server is shown at its field, which has the focus, and nothing is lost', async () => {
  await using visited = await site.open('/admin/plans/starter', { allow: [422] })
  const { page } = visited
  await page.getByLabel('Days without a warning').fill('90')
  await save(page)
  const field = page.getByLabel('Days until the end')
  await page.locator('.field .error').waitFor()
  await expectSoon(() => field.getAttribute('aria-invalid')).toBe('true')
  await expectSoon(() => field.evaluate((each) => each === document.activeElement)).toBe(true)
  await expectSoon(() => page.getByLabel('Days without a warning').inputValue()).toBe('90')
})

test('plans: a new plan has what was entered and the defaults of the API, and a double click makes one', async () => {
  await using visited = await site.open('/admin/plans')
  const { page } = visited
  await page.getByRole('link', { name: 'New plan' }).click()
  await visited.settle()
  await visited.check('a new plan')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Solo (yearly)')
  await page.getByRole('textbox', { name: 'Devices', exact: true }).fill('1')
  await page.getByRole('textbox', { name: 'Days', exact: true }).fill('365')
  await page.getByRole('button', { name: 'Create plan' }).dblclick()
  await page.getByText('Plan Solo (yearly) created.').waitFor()
  await expectSoon(() => new URL(page.url()).pathname).toBe('/admin/plans/solo-yearly')
  const plain = { slug: 'plain', product: 'default', name: 'Solo (yearly)' }
  const { body: defaults } = await site.send('POST', '/api/v1/plans', plain)
  const { notices: _notices, ...plan } = await getPlan('solo-yearly')
  const { notices: _others, ...expected } = defaults
  expect(plan).toEqual({ ...expected, slug: 'solo-yearly', max_devices: 1, duration_days: 365 })
  await expectSoon(() => readActionsOfOperator(site, 'plan.create')).toEqual([
    'plan.create solo-yearly',
  ])
})

test('plans: deleting one in use shows why, with a link to its licenses; an unused one is deleted', async () => {
  await using visited = await site.open('/admin/plans/team', { allow: [409] })
  const { page } = visited
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'Delete plan' }).click()
  await dialog.getByRole('button', { name: 'Delete plan' }).click()
  await dialog.getByText('3 licenses of this plan are not revoked.').waitFor()
  await visited.check('refused')
  const link = dialog.getByRole('link', { name: 'Show the licenses of this plan' })
  await expectSoon(() => link.getAttribute('href')).toBe('/admin/licenses?plan=team')

  await site.send('POST', '/api/v1/plans', { slug: 'unused', product: 'default', name: 'Unused' })
  await page.goto(`${site.url}/admin/plans/unused`)
  await page.getByRole('button', { name: 'Delete plan' }).click()
  await dialog.getByRole('button', { name: 'Delete plan' }).click()
  await page.getByText('Plan Unused deleted.').waitFor()
  expect((await site.send('GET', '/api/v1/plans/unused')).status).toBe(404)
  await expectSoon(() => readActionsOfOperator(site, 'plan.delete')).toEqual(['plan.delete unused'])
})

test('plans: an archived plan says so and cannot be changed', async () => {
  await site.send('POST', '/api/v1/plans', { slug: 'old', product: 'default', name: 'Old' })
  const license = await site.createLicense({ plan: 'old' })
  await site.send('DELETE', `/api/v1/licenses/${license.id}`)
  await site.send('DELETE', '/api/v1/plans/old')
  await using visited = await site.open('/admin/plans/old')
  await visited.page.getByText('This plan was archived').waitFor()
  await visited.check('archived')
  await expectSoon(() => visited.page.getByRole('button', { name: /Save|Delete/ }).count()).toBe(0)
  await expectSoon(() =>
    visited.page.getByRole('textbox', { name: 'Name', exact: true }).isDisabled(),
  ).toBe(true)
})

test('plans: a product is created and renamed, with the name of the operator in the audit', async () => {
  await using visited = await site.open('/admin/plans')
  const { page } = visited
  await page.getByRole('button', { name: 'New product' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('Acme Editor')
  await expectSoon(() => page.getByLabel('Key prefix').inputValue()).toBe('ACME')
  await page.getByRole('button', { name: 'Create product' }).click()
  await page.getByRole('button', { name: 'Rename Acme Editor' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('Acme Writer')
  await page.getByRole('button', { name: 'Rename product' }).click()
  await page.getByRole('region', { name: 'Acme Writer' }).waitFor()
  const { body } = await site.send('GET', '/api/v1/products/acme-editor')
  expect(body).toEqual({ slug: 'acme-editor', name: 'Acme Writer', key_prefix: 'ACME' })
  await expectSoon(() => readActionsOfOperator(site, 'product.*')).toEqual([
    'product.update acme-editor',
    'product.create acme-editor',
  ])
})

test('plans: with plans:read alone there is nothing to change, and without it the page names the scope', async () => {
  await using reader = await site.open('/admin/plans/team', { as: ['plans:read'] })
  await reader.check('as a reader')
  await expectSoon(() => reader.page.getByRole('button', { name: /Save|Delete/ }).count()).toBe(0)
  await expectSoon(() =>
    reader.page.getByRole('textbox', { name: 'Name', exact: true }).isDisabled(),
  ).toBe(true)
  await using other = await site.open('/admin/plans', { as: ['audit:read'], allow: [403] })
  await other.page.getByText('plans:read').first().waitFor()
})
