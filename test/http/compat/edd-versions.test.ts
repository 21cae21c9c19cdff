import { afterAll, beforeAll, expect, test } from 'bun:test'
import { computeChecksum } from '~/http/compat/edd-checksum.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { getWith, postForm } from './forms.ts'

let app: TestApp
beforeAll(async () => {
  app = await openTestApp({ compat: ['edd'] })
  const features = {
    edd_item_id: 8,
    edd_version: '2.1.0',
    edd_package: 'https://downloads.example.com/plugin-2.1.0.zip',
  }
  const plan = { product: 'default', slug: 'plugin', name: 'Plugin', features }
  await app.send('POST', '/api/v1/plans', plan)
})
afterAll(() => app.close())

const url = 'https://example.com'
const createLicense = () => app.createLicense({ plan: 'plugin' })
const activate = (license: string) =>
  getWith(app, '/', { edd_action: 'activate_license', item_id: '8', license, url })
const getVersion = (fields: Record<string, string>) =>
  postForm(app, '/', { edd_action: 'get_version', ...fields })

test('EDD: an activated site gets the version and the package', async () => {
  const { key: license } = await createLicense()
  const fields = { license, item_id: '8', slug: 'my-plugin', version: '2.0.0', url }
  const before = await getVersion(fields)
  expect(before.body).toMatchObject({ new_version: '2.1.0', package: '', download_link: '' })
  await activate(license)
  const { status, body } = await getVersion(fields)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    new_version: '2.1.0',
    stable_version: '2.1.0',
    slug: 'my-plugin',
    package: 'https://downloads.example.com/plugin-2.1.0.zip',
    sections: 'a:2:{s:11:"description";s:0:"";s:9:"changelog";s:0:"";}',
  })
})

test('EDD: a suspended license gets no package', async () => {
  const { id, key: license } = await createLicense()
  await activate(license)
  await app.send('POST', `/api/v1/licenses/${id}/suspend`)
  const { body } = await getVersion({ license, item_id: '8', url })
  expect(body).toMatchObject({ new_version: '2.1.0', package: '' })
})

test.each([
  ['no item', { license: 'x' }, 'No item provided'],
  ['no key for an unknown item', { item_id: '77' }, 'No license key has been provided.'],
  [
    'an unknown key',
    { item_id: '8', license: 'cc22c1ec86304b36883440e2e84cddff' },
    'License key provided does not match a valid Download',
  ],
])('EDD: a request for a version with %s says so', async (_name, fields, msg) => {
  const { status, body } = await getVersion(fields)
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { new_version: '', package: '', msg },
  })
})

test('EDD: a plugin without a license learns of the new version, but does not get it', async () => {
  const { body } = await getVersion({ item_id: '8', url, version: '2.0.0' })
  const msg = 'No license key has been provided.'
  expect(body).toMatchObject({ new_version: '2.1.0', package: '', download_link: '', msg })
})

test('EDD: a request for the version of another product says so', async () => {
  const { key: license } = await createLicense()
  const { body } = await getVersion({ license, item_id: '9', item_name: 'Another' })
  expect(body).toMatchObject({ new_version: '', msg: 'License key is not valid for Another' })
})

test('EDD: the versions of several products are answered by their slugs', async () => {
  const { key } = await createLicense()
  const { body } = await getVersion({
    'products[my-plugin][license]': key,
    'products[my-plugin][item_id]': '8',
    'products[my-plugin][slug]': 'my-plugin',
    'products[add-on][item_id]': '9',
  })
  expect(Object.keys(body)).toEqual(['my-plugin', 'add-on'])
  expect(body).toMatchObject({
    'my-plugin': { new_version: '2.1.0' },
    'add-on': { msg: 'No license key has been provided.' },
  })
})

test('EDD: a version check is usage with the version of the plugin', async () => {
  const { id, key: license } = await createLicense()
  await activate(license)
  await getVersion({ license, item_id: '8', url, version: '2.0.0' })
  await app.deps.usage.flush()
  const { body } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
  expect(body.data).toMatchObject([{ valid: true, domain: 'example.com', version: '2.0.0' }])
})

/** Computed with the code of the source in PHP 8.2. */
test.each([
  [[8, 'Ünï/Tools', 'key-1', 'https://example.com'], 'd316291274de364b6be3be6f513d9992'],
  [
    [false, 'cc22c1ec86304b36883440e2e84cddff', '', 8, 'production'],
    '052b23ecc6914668c82c7a61ae04a9eb',
  ],
] as const)('EDD: the checksum of %o is the same as there', (args, checksum) => {
  expect(computeChecksum(args)).toBe(checksum)
})
