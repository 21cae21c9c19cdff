import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { Licet, type LicetOptions } from '../../src/index.ts'
import { createMemoryStore } from '../../src/store.ts'
import { type SigningServer, startSigningServer } from './signing-server.ts'

const KEY = 'TO-04HM-ASW9-NF6Y-Y0CN'
const DEVICE = { fingerprint: 'device-1' }
const fp = createHash('sha256').update(DEVICE.fingerprint).digest('base64url')

/** Returns a client of a device without a connection. */
function createClient({ publicKeys }: SigningServer, options: Partial<LicetOptions> = {}): Licet {
  const store = createMemoryStore()
  const transport = () => Promise.reject(new Error('There is no connection.'))
  const url = 'https://licenses.example.com'
  return new Licet({ url, appId: 'editor', publicKeys, store, transport, ...options })
}

function armor(token: string): string {
  const lines = token.match(/.{1,64}/g) ?? []
  return ['-----BEGIN LICET LICENSE-----', ...lines, '-----END LICET LICENSE-----', ''].join('\r\n')
}

test('an imported file licenses its device without a connection, also after a restart', async () => {
  await using server = await startSigningServer()
  const store = createMemoryStore()
  const imported = await createClient(server, { store }).importFile(
    armor(server.signFile({ fp })),
    DEVICE,
  )
  assert.deepEqual([imported.status, imported.source], ['licensed', 'file'])
  const state = await createClient(server, { store }).check(DEVICE)
  assert.deepEqual([state.status, state.license?.plan], ['licensed', 'pro'])
})

test('a file for another device is not imported, and the file before stays', async () => {
  await using server = await startSigningServer()
  const client = createClient(server)
  await client.importFile(server.signFile({ fp }), DEVICE)
  const other = { code: 'FINGERPRINT_MISMATCH' }
  await assert.rejects(client.importFile(server.signFile({ fp: 'other' }), DEVICE), other)
  assert.equal((await client.check(DEVICE)).status, 'licensed')
})

test('a text that is not a file is not imported', async () => {
  await using server = await startSigningServer()
  const client = createClient(server)
  await assert.rejects(client.importFile('Hello!'), { code: 'MALFORMED' })
  await assert.rejects(createClient(server, { publicKeys: [] }).importFile(''), /publicKeys/)
})

test('an imported feed refuses the license that it revokes', async () => {
  await using server = await startSigningServer()
  const client = createClient(server)
  await client.importFile(server.signFile({ fp }), DEVICE)
  const feed = server.signFeed([['lic_1', Math.floor(Date.now() / 1000) + 1]])
  const state = await client.importRevocations(feed, DEVICE)
  assert.deepEqual([state.status, state.code], ['refused', 'LICENSE_REVOKED'])
})

test('a returned file gives a code, and cannot be imported again, but a newer one can', async () => {
  await using server = await startSigningServer()
  const client = createClient(server)
  const file = server.signFile({ fp, jti: 'file-1', ret: 'AAECAwQFBgcICQoLDA0ODw' })
  await client.importFile(file, DEVICE)
  assert.match(await client.returnFile(DEVICE), /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/)
  assert.equal((await client.check(DEVICE)).allowed, false)
  assert.equal((await client.importFile(file, DEVICE)).code, 'FILE_RETURNED')
  const iat = Math.floor(Date.now() / 1000) + 60
  const newer = server.signFile({ fp, iat })
  assert.equal((await client.importFile(newer, DEVICE)).status, 'licensed')
})

test('a device without a file has nothing to return', async () => {
  await using server = await startSigningServer()
  await assert.rejects(createClient(server).returnFile(DEVICE), /no license file/)
})

test('a request code has the key, the device and a new nonce', async () => {
  await using server = await startSigningServer()
  const client = createClient(server, { key: KEY, product: 'editor' })
  const codes = [1, 2].map(() => client.createOfflineRequest({ ...DEVICE, name: 'Lab 3' }))
  const [first, second] = await Promise.all(codes)
  assert.notEqual(first?.code, second?.code)
  assert.equal(first?.url, `https://licenses.example.com/offline#${first?.code}`)
  const [prefix, body = ''] = first?.code.split('.') ?? []
  const { nonce, ...rest } = JSON.parse(Buffer.from(body, 'base64url').toString())
  assert.equal(prefix, 'LQ1')
  assert.equal(typeof nonce, 'string')
  assert.deepEqual(rest, { v: 1, product: 'editor', key: KEY, fp: 'device-1', name: 'Lab 3' })
})

test('a file is verified without a client', async () => {
  await using server = await startSigningServer()
  const { publicKeys } = server
  const file = armor(server.signFile({ fp, dom: ['a.io'] }))
  const place = { ...DEVICE, domain: 'a.io', product: 'editor' }
  assert.equal((await Licet.verify(file, publicKeys, place)).status, 'licensed')
  const codes = {
    DOMAIN_MISMATCH: { ...place, domain: 'a.io.evil.com' },
    FINGERPRINT_MISMATCH: { ...place, fingerprint: 'device-2' },
    PRODUCT_MISMATCH: { ...place, product: 'viewer' },
    FILE_EXPIRED: { ...place, now: Date.now() + 366 * 86_400_000 },
    FEATURE_NOT_INCLUDED: { ...place, features: ['audit'] },
  }
  for (const [code, options] of Object.entries(codes)) {
    const state = await Licet.verify(file, publicKeys, options)
    assert.deepEqual([state.allowed, state.code], [false, code])
  }
  assert.equal((await Licet.verify(file, [], place)).code, 'KEY_UNKNOWN')
})
