import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sendMails } from '~/jobs/send-mails.ts'
import { serveTestApp } from '../support/browser.ts'
import { runJob } from '../support/jobs.ts'
import {
  type MailServer,
  readMailSettings,
  refusal,
  smtpUrlOf,
  startMailServer,
} from '../support/mail-server.ts'
import { browse, passTime, type Site } from './support/site.ts'
import { expectSoon } from './support/soon.ts'

let site: Site
let mailServer: MailServer
let isFull = true
beforeAll(async () => {
  mailServer = await startMailServer({
    onRecipient: (address) => {
      if (isFull && address.startsWith('full')) throw refusal(550, 'No space is left.')
    },
  })
  const { config, smtp } = readMailSettings(smtpUrlOf(mailServer))
  site = await browse(await serveTestApp(config, smtp))
})
afterAll(async () => {
  await site.close()
  await mailServer[Symbol.asyncDispose]()
})

async function mailTo(email: string): Promise<string> {
  const license = await site.createLicense({ customer_email: email })
  const { body } = await site.send('POST', `/api/v1/licenses/${license.id}/mail`, {})
  return body.id
}

test('mails: without emails, the page says when there are some', async () => {
  await site.checkFour('/admin/mails', (page) => page.getByText('No emails yet').waitFor())
})

test('mails: the list shows each state, and its filter is in the address', async () => {
  await mailTo('ada@example.com')
  await mailTo('full@example.com')
  await runJob(sendMails, site.deps)
  await mailTo('later@example.com')
  await site.checkFour('/admin/mails')
  await using visited = await site.open('/admin/mails')
  const { page } = visited
  const rows = page.getByRole('row').filter({ has: page.getByRole('rowheader') })
  await expectSoon(() => rows.count()).toBe(3)
  for (const [state, email] of [
    ['Sent', 'ada'],
    ['Failed', 'full'],
    ['Waiting', 'later'],
  ] as const) {
    await page.getByLabel('State').selectOption(state)
    await page.waitForURL('**state=*')
    await visited.settle()
    await expectSoon(() => rows.count()).toBe(1)
    await page.getByRole('link', { name: `${email}@example.com` }).waitFor()
  }
  await page.getByLabel('State').selectOption('Canceled')
  await page.getByRole('link', { name: 'Show all emails' }).click()
  await page.waitForURL('**/admin/mails')
})

test('mails: a failed email says why, and is sent by a retry', async () => {
  const { body } = await site.send('GET', '/api/v1/mails?state=failed')
  await site.checkFour(`/admin/mails/${body.data[0].id}`)
  await using visited = await site.open(`/admin/mails/${body.data[0].id}`)
  const { page } = visited
  await page.getByText('No space is left.').waitFor()
  isFull = false
  await page.getByRole('button', { name: 'Retry now' }).click()
  await page.getByText('Waiting').waitFor()
  await runJob(sendMails, site.deps)
  await passTime(page)
  await page.getByText('Sent').first().waitFor()
  await visited.check('sent')
  expect(mailServer.mails.flatMap(({ to }) => to)).toContain('full@example.com')
  await expectSoon(() => page.getByRole('button', { name: 'Retry now' }).count()).toBe(0)
})

test('mails: with checkout:read only, there is no retry', async () => {
  const id = await mailTo('next@example.com')
  await using visited = await site.open(`/admin/mails/${id}`, { as: ['checkout:read'] })
  await visited.check('as a reader')
  await expectSoon(() => visited.page.locator('main button').count()).toBe(0)
})
