import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createHash, createHmac } from 'node:crypto'
import type { HashAlgorithm, KeyHashing } from '~/domain/key-hashes.ts'
import { openTestApp, type TestApp } from '../../support/app.ts'
import { importText } from '../../support/imports.ts'
import { expectProblem } from '../../support/problems.ts'

const KEY = 'ACME-2019-7f3a9c0b51'
const SECRET = 'not-a-real-secret'

let app: TestApp

beforeEach(async () => {
  app = await openTestApp()
})

afterEach(() => app.close())

const hashOf = (algorithm: HashAlgorithm, text: string) =>
  algorithm === 'hmac-sha256'
    ? createHmac('sha256', SECRET).update(text)
    : createHash(algorithm).update(text)

const hashingBy = (algorithm: HashAlgorithm): KeyHashing => ({
  name: algorithm === 'hmac-sha256' ? 'hmac-sha256/test' : algorithm,
  algorithm,
  secretSealed: algorithm === 'hmac-sha256' ? app.deps.vault.seal('import-secret', SECRET) : null,
})

/** Imports a license by the hash of its key. */
async function importHash(
  algorithm: HashAlgorithm = 'sha256',
  { key = KEY, form = 'hex' as 'hex' | 'base64', id = '1', status = 'active' } = {},
) {
  const hash = hashOf(algorithm, key).digest(form)
  const text = `id,key_hash,plan,email,status\n${id},${hash},professional,ada@example.com,${status}`
  return importText(app, text, { hashing: hashingBy(algorithm) })
}

const find = async (id = '1') =>
  (await app.send('GET', `/api/v1/licenses?external_ref=csv:${id}`)).body.data[0]

test.each([
  ['sha256', 'hex'],
  ['sha256', 'base64'],
  ['sha512', 'hex'],
  ['sha1', 'hex'],
  ['md5', 'hex'],
  ['hmac-sha256', 'hex'],
  ['hmac-sha256', 'base64'],
] as const)(
  'pending keys: a key that was imported as %s in %s is valid when it is first used',
  async (algorithm, form) => {
    await importHash(algorithm, { form })
    expect((await app.validate({ key: KEY })).body).toMatchObject({ valid: true })
  },
)

test('pending keys: a license without its key is displayed as ****, and has its key after the first use', async () => {
  await importHash()
  const before = await find()
  expect(before.key).toBe('****')
  const reveal = async () =>
    (await app.send('GET', `/api/v1/licenses/${before.id}?reveal=true`)).body.key
  expect(await reveal()).toBe('****')
  await app.validate({ key: KEY })
  expect((await app.send('POST', '/api/v1/licenses/lookup', { key: KEY })).body.id).toBe(before.id)
  expect(await app.eventTypesOf(before.id)).toEqual([
    'license.created',
    'license.updated',
    'license.activated',
  ])
})

test('pending keys: after the first use, a license is like any other, also without its hash', async () => {
  await importHash()
  await app.validate({ key: KEY })
  await app.database.run("DELETE FROM meta WHERE name = 'key_hashing:sha256'")
  expect((await app.validate({ key: KEY })).body).toMatchObject({ valid: true })
  const rotated = await app.send('POST', `/api/v1/licenses/${(await find()).id}/rotate-key`)
  expect((await app.validate({ key: rotated.body.key })).body).toMatchObject({ valid: true })
})

test('pending keys: an activation finds the license as a validation does', async () => {
  await importHash()
  const { status } = await app.callAsClient('activate', { key: KEY, domain: 'example.org' })
  expect(status).toBe(200)
  expect(await find()).toMatchObject({ domains: ['example.org'] })
})

test('pending keys: a key may be pasted with signs around it', async () => {
  await importHash()
  expect((await app.validate({ key: ` Key: "${KEY}" ` })).body).toMatchObject({ valid: true })
})

test('pending keys: a key in the form of a Licet key is found although its check symbols are wrong', async () => {
  const key = 'AB-1234-5678-9ABC-DEFG'
  await importHash('sha256', { key })
  expect((await app.validate({ key })).body).toMatchObject({ valid: true })
})

test('pending keys: the hash itself is no key', async () => {
  await importHash()
  const hash = hashOf('sha256', KEY).digest('hex')
  for (const key of [hash, `sha256:${hash}`, `hash of the key\nsha256\n${hash}`]) {
    expect((await app.validate({ key })).body).toMatchObject({ valid: false })
  }
  expect((await find()).key).toBe('****')
})

test('pending keys: the state of the license holds from the first use on', async () => {
  await importHash('sha256', { status: 'suspended' })
  expect((await app.validate({ key: KEY })).body.error).toBe('LICENSE_SUSPENDED')
  expect((await find()).status).toBe('suspended')
})

test('pending keys: requests with the same key at the same time give it to the license once', async () => {
  await importHash()
  const found = await Promise.all(Array.from({ length: 20 }, () => app.validate({ key: KEY })))
  expect(found.every(({ body }) => body.valid)).toBe(true)
  const types = await app.eventTypesOf((await find()).id)
  expect(types.filter((type) => type === 'license.updated')).toHaveLength(1)
})

test('pending keys: a repeated import changes nothing after the first use', async () => {
  await importHash()
  await app.validate({ key: KEY })
  const before = await app.database.readRows()
  const { counts, entries } = await importHash()
  expect(counts).toMatchObject({ existing: 1, imported: 0, changed: 0 })
  expect(entries[0]?.notes).toEqual([])
  expect(await app.database.readRows()).toEqual(before)
})

test('pending keys: an update with the key itself gives it to the license, and any other import does not', async () => {
  await importHash()
  const text = `id,key,plan\n1,${KEY},professional\n`
  expect((await importText(app, text)).counts).toMatchObject({ existing: 1 })
  expect((await find()).key).toBe('****')
  const updated = await importText(app, text, { updates: true })
  expect(updated).toMatchObject({ counts: { changed: 1 }, noted: 0 })
  expect((await find()).key).toBe(KEY)
  expect((await app.validate({ key: KEY })).body).toMatchObject({ valid: true })
  expect((await importText(app, text, { updates: true })).counts).toMatchObject({ existing: 1 })
})

test('pending keys: two rows with one hash are one license', async () => {
  await importHash()
  const { entries } = await importHash('sha256', { id: '2' })
  expect(entries[0]).toMatchObject({ kind: 'refused', notes: [expect.stringContaining('csv:1')] })
})

test('pending keys: guesses are limited like those of other keys', async () => {
  await importHash()
  const guess = (number: number) => app.validate({ key: `ACME-2019-guess-${number}` })
  for (let number = 0; number < 30; number += 1) expect((await guess(number)).status).toBe(404)
  expectProblem(await guess(30), 429, 'rate_limited')
  // A key that is not known yet is a guess as well.
  expectProblem(await app.validate({ key: KEY }), 429, 'rate_limited')
  app.clock.advanceMs(60_000)
  expect((await app.validate({ key: KEY })).body).toMatchObject({ valid: true })
})

test('pending keys: a hash of another length, or without a statement of how it was made, is refused', async () => {
  const refusal = async (hash: string, hashing: KeyHashing | null) => {
    const text = `id,key_hash,plan\n1,${hash},professional`
    return (await importText(app, text, { hashing })).entries[0]?.notes.join()
  }
  expect(await refusal('a'.repeat(40), hashingBy('sha256'))).toContain('is no sha256')
  expect(await refusal('$2y$10$abcdefghijklmnopqrstuv', hashingBy('md5'))).toContain('is no md5')
  expect(await refusal('a'.repeat(64), null)).toContain('--hash')
})
