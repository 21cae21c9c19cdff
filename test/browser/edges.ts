import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { createTestEdge, type TestEdge } from '../support/edges.ts'
import { Sandbox, startEdge } from '../support/server.ts'
import { readActionsOfOperator } from './support/audit.ts'
import { MARKUP } from './support/scene.ts'
import { openSite, passTime, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

const HOUR_MS = 3_600_000

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

const dialogOf = (page: Page) => page.getByRole('dialog')
const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })
const create = (page: Page) => dialogOf(page).getByRole('button', { name: 'Create edge' }).click()

/** Suspends a license on its page. Returns what the page then says about edges. */
async function suspend(page: Page, { id }: { readonly id: string }): Promise<string> {
  await page.goto(new URL(`/admin/licenses/${id}`, page.url()).href)
  await page.getByRole('button', { name: 'Suspend', exact: true }).click()
  await dialogOf(page).getByRole('button', { name: 'Suspend license' }).click()
  const toast = page.locator('.toast > span', { hasText: 'License suspended.' })
  const text = (await toast.textContent()) ?? ''
  return text.replace('License suspended.', '').replaceAll('\u202f', ' ')
}

/** Lets an edge ask for changes twice, so that it has confirmed all of them. */
async function connect(edge: TestEdge, staleMs = HOUR_MS): Promise<void> {
  const { position } = (await edge.poll({ stale_ms: staleMs })).body
  await edge.poll({ after: position, stale_ms: staleMs })
}

/** Lets an edge ask for changes until it is disposed. */
function follow(edge: TestEdge): AsyncDisposable {
  let isOver = false
  const run = async () => {
    let { position } = (await edge.poll({ stale_ms: HOUR_MS })).body
    while (!isOver) {
      const query = { after: position, stale_ms: HOUR_MS, wait_ms: 200 }
      position = (await edge.poll(query)).body.position
    }
  }
  const running = run()
  return {
    [Symbol.asyncDispose]() {
      isOver = true
      return running
    },
  }
}

test('edges: without any, the page says how to begin; the form, its errors and the new token have no flaw', async () => {
  await site.checkFour(
    '/admin/edges',
    async (page, check) => {
      await page.getByRole('button', { name: 'New edge' }).click()
      await check('with the form')
      await dialogOf(page).getByLabel('Name').fill('x'.repeat(201))
      await create(page)
      await dialogOf(page).locator('[aria-invalid="true"]').waitFor()
      await check('with an error')
      await dialogOf(page).getByLabel('Name').fill(`edge of ${page.viewportSize()?.width} px`)
      await create(page)
      await page.getByText('Copy the token now.').waitFor()
    },
    { allow: [422] },
  )
})

test('edges: one that starts with the shown token is listed as connected, gets a change of the page, and stops once it is revoked', async () => {
  const license = await site.createLicense()
  await using visited = await site.open('/admin/edges')
  const { page } = visited
  await page.getByRole('button', { name: 'New edge' }).click()
  await dialogOf(page).getByLabel('Name').fill('eu-1')
  await create(page)
  const token = (await dialogOf(page).locator('.secret').textContent()) ?? ''
  const command = await dialogOf(page).locator('.command code').textContent()
  expect(command).toBe(`LICET_EDGE_TOKEN=${token} \\\n  licet edge --primary ${site.url}`)
  await dialogOf(page).getByRole('button', { name: 'Done' }).click()
  await rowOf(page, 'eu-1').getByText('Never connected').waitFor()
  expect(await page.content()).not.toContain(token)

  using sandbox = new Sandbox()
  const launch = { cwd: sandbox.path, env: { LICET_EDGE_TOKEN: token } }
  await using edge = await startEdge(launch, site.url)
  await passTime(page)
  await rowOf(page, 'eu-1').getByText('Connected', { exact: true }).waitFor()
  const body = JSON.stringify({ key: license.key, domain: 'example.com' })
  const validate = () =>
    fetch(`${edge.url}/api/v1/validate`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
  expect(await (await validate()).json()).toMatchObject({ valid: true })
  expect(await suspend(page, license)).toBe(' The edge has the change.')
  expect(await (await validate()).json()).toMatchObject({ error: 'LICENSE_SUSPENDED' })

  await page.goto(`${site.url}/admin/edges`)
  await rowOf(page, 'eu-1').getByRole('button', { name: 'Revoke' }).click()
  await dialogOf(page).getByText('for up to 1 hour and 5 seconds').waitFor()
  await dialogOf(page).getByRole('button', { name: 'Revoke edge' }).click()
  await page.getByText('Edge eu-1 revoked.').waitFor()
  await rowOf(page, 'eu-1').waitFor({ state: 'detached' })
  expect((await validate()).ok).toBe(false)
  const actions = await readActionsOfOperator(site, 'edge.*')
  expect(actions.slice(0, 2).map((each) => each.split(' ')[0])).toEqual([
    'edge.revoke',
    'edge.create',
  ])
})

test('edges: one that has been away for more than ten minutes is on the overview, with a link to the page', async () => {
  await connect(await createTestEdge(site, 'fra-1'))
  site.clock.advanceMs(HOUR_MS)
  await using visited = await site.open('/admin')
  const { page } = visited
  await page.getByRole('link', { name: /Open.*The edge fra-1 has been away/ }).click()
  await page.getByRole('heading', { name: 'Edges', level: 1 }).waitFor()
  await rowOf(page, 'fra-1').getByText('seen 1 hour ago').waitFor()
})

test('edges: the list and the dialogs say what edges may still answer, whatever their names contain', async () => {
  await connect(await createTestEdge(site, 'Away for long'), 0)
  await connect(await createTestEdge(site, MARKUP), 3 * HOUR_MS)
  site.clock.advanceMs(2 * HOUR_MS)
  await connect(await createTestEdge(site, 'W'.repeat(200)), 48 * HOUR_MS)
  await createTestEdge(site, 'Never there')
  const cases = [
    ['Away for long', /No longer/, 'It is away, and confirms no license any more.'],
    [MARKUP, /until .*:01/, 'it does not learn of this'],
    ['WWWW', /for 2 days/, 'for up to 2 days and 5 seconds'],
    ['Never there', /Never connected/, 'has never connected'],
  ] as const
  await site.checkFour('/admin/edges', async (page, check) => {
    for (const [name, state, effect] of cases) {
      await rowOf(page, name).getByText(state).waitFor()
      await rowOf(page, name).getByRole('button', { name: 'Revoke' }).click()
      await dialogOf(page).getByText(effect).waitFor()
      await check(`with the dialog of ${name}`)
      await page.keyboard.press('Escape')
    }
    await expectSoon(() => page.evaluate(() => Object.hasOwn(window, 'hacked'))).toBe(false)
  })
})

test('edges: after a change, the page says how many edges have it, and until when others may lack it', async () => {
  await using own = await openSite()
  const change = async () => suspend(visited.page, await own.createLicense())
  await using visited = await own.open('/admin/edges')
  const silent = await createTestEdge(own, 'eu-1')
  expect(await change()).toBe('')

  await connect(silent)
  const others = [await createTestEdge(own, 'us-1'), await createTestEdge(own, 'ap-1')]
  {
    await using _followers = new AsyncDisposableStack()
    for (const edge of others) _followers.use(follow(edge))
    for (const edge of others) await connect(edge)
    expect(await change()).toBe(
      ' 2 of 3 edges have the change; the last one stops answering from before it by 2:01 AM.',
    )
    await visited.check('with the toast')
    _followers.use(follow(silent))
    expect(await change()).toBe(' All 3 edges have the change.')
  }
  const { id } = await own.createLicense()
  await visited.page.goto(`${own.url}/admin/licenses/${id}`)
  await visited.page.getByRole('button', { name: 'Rotate key' }).click()
  await dialogOf(visited.page).getByRole('button', { name: 'Rotate key' }).click()
  const text = 'Key rotated. None of 3 edges has the change yet; they stop answering'
  await visited.page.getByText(text).waitFor()
})

test('edges: with edges:read alone none can be created or revoked, and without it the page names the scope', async () => {
  await createTestEdge(site, 'read-only')
  await using reader = await site.open('/admin/edges', { as: ['edges:read'] })
  await reader.check('as a reader')
  await rowOf(reader.page, 'read-only').waitFor()
  await expectSoon(() => reader.page.getByRole('button', { name: /Revoke|New/ }).count()).toBe(0)

  await using stranger = await site.open('/admin/edges', { as: ['licenses:read'], allow: [403] })
  await stranger.page.getByText('edges:read').first().waitFor()
  await expectSoon(() =>
    stranger.page.getByRole('link', { name: 'Edges', exact: true }).count(),
  ).toBe(0)
})
