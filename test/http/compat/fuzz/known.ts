import { assert } from '~/assert.ts'
import type { TestApp, TestResponse } from '../../../support/app.ts'

/** Values that exist on the server, by the names of fields, headers and segments of paths. */
export type Known = Readonly<Record<string, readonly string[]>>

/** Far more than a run activates: a limit that is reached has an event, although the request is refused. */
const SLOTS = 1_000_000

let rounds = 0

/** Creates what requests of one route can name, because they delete and revoke it. */
export async function createKnown(app: TestApp): Promise<Known> {
  rounds += 1
  const plan = `plan-${rounds}`
  const fingerprint = `device-${rounds}`
  const create = async (path: string, body: object): Promise<TestResponse['body']> => {
    const response = await app.send('POST', `/api/v1${path}`, body)
    assert(response.status < 300, `${path} creates something: ${response.text}`)
    return response.body
  }
  const offline = { refresh_days: 1, valid_days: 7, hard_days: 30 }
  const terms = { max_domains: SLOTS, max_devices: SLOTS, offline, duration_days: 365 }
  await create('/plans', { slug: plan, product: 'default', name: plan, ...terms })
  const { id, key } = await app.createLicense({ plan })
  const { id: spareId, key: spare } = await app.createLicense({ plan })
  const { body: device } = await app.callAsClient('activate', { key, fingerprint })
  await app.callAsClient('activate', { key, domain: 'a.example' })
  const apiKey = await create('/keys', { name: plan, scopes: ['licenses:read'] })
  const keys = [key, spare]
  const devices = [fingerprint, `new ${fingerprint}`]
  return {
    token: keys,
    license_key: keys,
    license: keys,
    key: keys,
    auth: [`license:${key}`],
    account: ['an-account'],
    licenses: [id],
    machines: [device.id, fingerprint],
    'api-keys': [apiKey.id],
    licenseId: [id, spareId],
    instance_id: [device.id],
    instance_name: ['a device'],
    fingerprint: devices,
    machine: [device.id],
    domain: ['a.example', `${plan}.example.com`],
    url: ['https://a.example/shop', `https://${plan}.example.com`],
    hook: ['https://127.0.0.1/hook'],
    edd_action: ['activate_license', 'deactivate_license', 'check_license', 'get_version'],
    item_id: ['0', '1'],
    item_name: ['Default'],
    name: ['Default'],
    environment: ['staging'],
    version: ['1.0.0'],
    beta: ['1'],
    slug: ['plugin'],
    product_id: ['default'],
    product_permalink: ['default'],
    increment_uses_count: ['false'],
    'products[a][license]': keys,
    'products[a][item_name]': ['Default'],
    'products[a][url]': ['https://a.example'],
    'page[size]': ['5'],
    'page[number]': ['2'],
    limit: ['5'],
    ttl: ['86400'],
    encrypt: ['1'],
    include: ['license', 'entitlements'],
    algorithm: ['aes-256-gcm+ed25519'],
    product: ['default'],
    policy: [plan],
    appName: ['An app'],
    planId: [plan],
    status: ['active', 'suspended'],
    action: ['suspend', 'activate', 'extend'],
    scopes: ['read', 'write'],
    events: ['*', 'license.created'],
  }
}
