import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openTestApp, type TestApp } from '../../support/app.ts'

test('the database contains no license key, token or secret in plain text', async () => {
  await using app = await openTestApp()
  const secrets = await createSecrets(app)
  await app.deps.store.flush()
  const stolen = readFiles(app.directory)
  expect(stolen).toContain('dev@example.com')
  expect(secrets).toHaveLength(9)
  for (const secret of secrets) {
    const bare = secret.replace(/^(?:TO|licet|whsec)[-_]/, '')
    const forms = [bare, bare.replaceAll('-', ''), bare.slice(0, -5), btoa(secret)]
    expect(forms.filter((form) => stolen.includes(form))).toEqual([])
  }
})

/** Creates one of everything that is shown only once, with requests whose responses are stored. */
async function createSecrets({ send, deps }: TestApp): Promise<string[]> {
  const create = async (path: string, body: unknown) => {
    const headers = { 'idempotency-key': deps.createId('key') }
    const answer = await send('POST', `/api/v1${path}`, body, headers)
    expect(answer.status).toBeOneOf([200, 201])
    return answer.body
  }
  const order = { plan: 'professional', customer_email: 'dev@example.com' }
  const license = await create('/licenses', order)
  const imported = await create('/licenses', { ...order, key: 'TO-A3F2-B891-C4D7-E052' })
  const { data } = await create('/licenses', { ...order, quantity: 3 })
  const rotated = await create(`/licenses/${license.id}/rotate-key`, { overlap_hours: 1 })
  const apiKey = await create('/keys', { name: 'test', scopes: ['*'] })
  const webhook = { url: 'https://hooks.example.com/licet', events: ['license.*'] }
  const endpoint = await create('/webhooks', webhook)
  const again = await create(`/webhooks/${endpoint.id}/rotate-secret`, undefined)
  const keys = [license, imported, ...data, rotated].map(({ key }) => key)
  for (const key of keys) await send('POST', '/api/v1/validate', { key, domain: 'example.com' })
  return [...keys, apiKey.token, endpoint.secret, again.secret]
}

/** Returns the bytes of every file in a data directory. */
function readFiles(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
    .join('\n')
}
