import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openSite, type Site } from './support/site.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

/** Replaces the symbol at an index by another one. */
const mistype = (text: string, index: number) =>
  text.slice(0, index) + (text[index] === '7' ? '8' : '7') + text.slice(index + 1)

test('support case: from a customer with a mistyped key and a new laptop to a working app', async () => {
  const plan = { slug: 'pro', product: 'default', name: 'Pro', max_devices: 1 }
  await site.send('POST', '/api/v1/plans', plan)
  const { id, key } = await site.createLicense({ plan: 'pro', customer_email: 'ann@example.com' })
  const validate = (fingerprint: string, device_name: string) =>
    site.callAsClient('validate', { key, fingerprint, device_name })
  await validate('the-old-laptop-of-ann', 'Old laptop')
  expect((await validate('the-new-laptop-of-ann', 'New laptop')).body.error).toBe(
    'DEVICE_LIMIT_REACHED',
  )

  // "It says that my limit is reached. My key is …", with two symbols wrong.
  await using visited = await site.open('/admin')
  const { page } = visited
  await page.keyboard.press('/')
  await page.keyboard.insertText(mistype(mistype(key, 5), 14))
  await page.getByText('Is it this one?').waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/admin/licenses/${id}`)

  await page.getByRole('link', { name: 'Check', exact: true }).click()
  await page.getByLabel('Fingerprint', { exact: true }).fill('the-new-laptop-of-ann')
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await page.locator('.checks li', { hasText: 'Refused by this check' }).waitFor()

  await page.getByRole('link', { name: 'Activations', exact: true }).click()
  await page.getByRole('row', { name: 'Old laptop' }).getByText('Release').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click()
  await page.getByText('Not activated anywhere').waitFor()
  expect((await validate('the-new-laptop-of-ann', 'New laptop')).body.valid).toBe(true)

  await page.getByRole('link', { name: 'History', exact: true }).click()
  await page.getByText('Ada Lovelace').first().waitFor()
  const { body } = await site.send('GET', `/api/v1/audit?subject_id=${id}`)
  expect(body.data[0].actor).toMatchObject({ kind: 'operator', name: 'Ada Lovelace' })
  await visited.check('at its end')
})
