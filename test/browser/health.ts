import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { startTimers, type Timers } from '~/jobs/timers.ts'
import { MAIL_FROM, type MailServer, smtpUrlOf, startMailServer } from '../support/mail-server.ts'
import { readActionsOfOperator } from './support/audit.ts'
import { openSite, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

const HOURLY = 'announce-expiries'

let mailServer: MailServer
let site: Site
let timers: Awaited<Timers>
beforeAll(async () => {
  mailServer = await startMailServer()
  const smtp = { LICET_SMTP_URL: smtpUrlOf(mailServer), LICET_MAIL_FROM: MAIL_FROM }
  site = await openSite({}, smtp)
  timers = await startTimers(site.deps)
})
afterAll(async () => {
  await timers.stop()
  await site.close()
  await mailServer[Symbol.asyncDispose]()
})

const dialogOf = (page: Page) => page.getByRole('dialog')
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click()

const nameOf = (page: Page, backup: string) => page.locator('.backup-name', { hasText: backup })

async function makeBackup(page: Page): Promise<string> {
  // Each has the time in its name.
  site.clock.advanceMs(1000)
  await press(page, 'Make a backup')
  await page.getByText('Backup made and checked.').first().waitFor()
  const { body } = await site.send('GET', '/api/v1/backups')
  const [{ name }] = body.data
  await nameOf(page, name).waitFor()
  return name
}

async function choose(page: Page, backup: string, item: string): Promise<void> {
  await press(page, `More about ${backup}`)
  await page.getByRole('button', { name: item, exact: true }).click()
}

test('health: the page has no flaw, with a backup, and with the dialogs about it', async () => {
  await site.checkFour('/admin/health', async (page, check) => {
    const name = await makeBackup(page)
    await check('with a backup')
    await choose(page, name, 'How to restore')
    await check('with instructions')
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await choose(page, name, 'Verify')
    await dialogOf(page).getByRole('button', { name: 'Verify' }).click()
    await page.getByText('The backup is intact and can be restored.').waitFor()
  })
})

test('health: the schedule of backups is shown, and a failure says what to do', async () => {
  await using visited = await site.open('/admin/health')
  const { page } = visited
  await page.getByText('There is no schedule. Set').waitFor()
  await page.route('**/api/v1/backups/schedule', async (route) => {
    const response = await route.fetch()
    const last = {
      started_at: '2026-03-06T02:30:00Z',
      ended_at: '2026-03-06T02:30:04Z',
      name: null,
      bytes: null,
      warning: null,
      error: 's3://acme-backups/licet cannot be used: There is no such bucket.',
    }
    const json = { ...(await response.json()), cron: '30 2 * * *', failures: 2, last }
    await route.fulfill({ response, json })
  })
  await page.reload()
  await page.getByText('The last 2 backups failed: s3://acme-backups/licet').waitFor()
  await page.getByText('Daily at 02:30 UTC').first().waitFor()
})

test('health: with PostgreSQL, the page says what makes backups instead of offering them', async () => {
  await using visited = await site.open('/admin/health')
  const { page } = visited
  await page.route('**/api/v1/settings', async (route) => {
    const response = await route.fetch()
    const settings = await response.json()
    await route.fulfill({
      response,
      json: { ...settings, storage: { ...settings.storage, database_bytes: 0 } },
    })
  })
  await page.reload()
  await page.getByText('The data is in PostgreSQL.').waitFor()
  await page.getByRole('heading', { name: 'Jobs' }).waitFor()
  expect(
    await page.getByRole('heading', { name: /^(Storage|Backups|Scheduled backups)$/ }).count(),
  ).toBe(0)
})

test('health: a backup is made, verified, downloaded and deleted, each with an entry in the audit', async () => {
  await using visited = await site.open('/admin/health')
  const { page } = visited
  const name = await makeBackup(page)
  await choose(page, name, 'Verify')
  await dialogOf(page).getByRole('button', { name: 'Verify' }).click()
  await page.getByText('The backup is intact and can be restored.').waitFor()
  await page.getByRole('button', { name: 'Close', exact: true }).click()

  await choose(page, name, 'How to restore')
  const command = `licet restore ${join(site.directory, 'backups', name)}`
  await dialogOf(page).getByText(command).waitFor()
  await page.getByRole('button', { name: 'Close', exact: true }).click()

  const started = page.waitForEvent('download')
  await page.getByRole('link', { name: `Download ${name}` }).click()
  const download = await started
  expect(download.suggestedFilename()).toBe(name)
  using db = new Database(await download.path(), { readonly: true })
  expect(db.query('SELECT count(*) AS count FROM plans').get()).not.toBeNull()

  await choose(page, name, 'Delete')
  await dialogOf(page).getByRole('button', { name: 'Delete backup' }).click()
  await page.getByText('Backup deleted.').waitFor()
  await nameOf(page, name).waitFor({ state: 'detached' })
  expect((await site.send('GET', `/api/v1/backups/${name}`)).status).toBe(404)
  const actions = await readActionsOfOperator(site, 'backup.*')
  expect(actions.filter((action) => action.endsWith(name))).toEqual(
    ['delete', 'download', 'verify', 'create'].map((verb) => `backup.${verb} ${name}`),
  )
})

test('health: every job is shown with its schedule, and runs at once when asked to', async () => {
  const { body } = await site.send('GET', '/api/v1/jobs')
  await using visited = await site.open('/admin/health')
  const { page } = visited
  const table = page.getByRole('table', { name: 'Jobs' })
  await expectSoon(() => table.locator('tbody tr').count()).toBe(body.data.length)
  const row = table.getByRole('row', { name: new RegExp(HOURLY) })
  await expectSoon(() => row.textContent()).toContain('Every hour')
  await row.getByRole('button', { name: `Run now ${HOURLY}` }).click()
  await page.getByText(`${HOURLY} has run: 0 items.`).waitFor()
  await visited.check('after a run')
  await expectSoon(() => readActionsOfOperator(site, 'job.run')).toEqual([`job.run ${HOURLY}`])
})

test('health: a test email arrives at the mail server, and a bad address is explained at its field', async () => {
  await using visited = await site.open('/admin/health', { allow: [422] })
  const { page } = visited
  const field = page.getByRole('textbox', { name: 'Send it to' })
  await field.fill('nobody')
  await press(page, 'Send test email')
  await page.locator('.field .error').waitFor()
  await visited.check('with an error')
  expect(mailServer.mails).toHaveLength(0)

  await field.fill('ops@example.com')
  await press(page, 'Send test email')
  await page.getByText('The mail server has accepted the email to ops@example.com.').waitFor()
  await visited.check('with a test email')
  expect(mailServer.mails.map(({ to }) => to)).toEqual([['ops@example.com']])
  const messageId = mailServer.mails[0]?.mail.messageId ?? 'none'
  await page.getByText(messageId).waitFor()
  await expectSoon(() => readActionsOfOperator(site, 'mail.test')).toHaveLength(1)
})

test('health: without a mail server, a test email says what is missing', async () => {
  await using bare = await openSite()
  await using visited = await bare.open('/admin/health', { allow: [409] })
  await visited.page.getByRole('textbox', { name: 'Send it to' }).fill('ops@example.com')
  await press(visited.page, 'Send test email')
  await visited.page.getByText('LICET_SMTP_URL').waitFor()
  await visited.check('refused')
})

test('health: the sizes are those of the API', async () => {
  await using visited = await site.open('/admin/health')
  const labels = await visited.page.locator('.tile .label').allTextContents()
  expect(labels).toEqual(['Database', 'Usage', 'Backups', 'Free on the disk'])
  const { body } = await site.send('GET', '/api/v1/settings')
  const megabytes = (body.storage.database_bytes / 1e6).toFixed(1).replace(/\.0$/, '')
  const kilobytes = (body.storage.database_bytes / 1e3).toFixed(1).replace(/\.0$/, '')
  const value = await visited.page.locator('.tile .value').first().textContent()
  expect([`${megabytes} MB`, `${kilobytes} kB`]).toContain(value ?? '')
})

test('health: what does not work is named, with what to do', async () => {
  await using broken = await openSite()
  writeFileSync(join(broken.directory, 'usage.sqlite.damaged-2026-03-06T00-00-00-000Z'), '')
  await broken.checkFour('/admin/health', async (page) => {
    await page.getByText('Degraded').waitFor()
    await page.getByText('move it out of the data directory').waitFor()
  })
})

test('health: with jobs:read alone, there are only the state and the jobs, without buttons', async () => {
  await using visited = await site.open('/admin/health', { as: ['jobs:read'] })
  await visited.check('as a reader')
  await expectSoon(() => visited.page.locator('main h2').allTextContents()).toEqual(['Jobs'])
  await expectSoon(() => visited.page.locator('main button').count()).toBe(0)
})
