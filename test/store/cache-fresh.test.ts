import { expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import { createCachedStore } from '~/store/cache.ts'
import type { Commit, Store } from '~/store/port.ts'
import { anApiKey, noCommit, startMs } from '../support/samples.ts'
import { contextAt, issueOne, type OpenedStore, touch } from './contract/stores.ts'
import { createOpenStore } from './sqlite/open-store.ts'

const openStore = createOpenStore((store) => store)

/**
 * Opens a cached store whose engine learns of the commits of other servers only when it is asked, as one does
 * that several servers share.
 */
function openCached(opened: OpenedStore, askEngine: () => Promise<Partial<Commit>>) {
  const listeners: ((commit: Commit) => void)[] = []
  const inner: Store = {
    ...opened.store,
    subscribe: (listener) => void listeners.push(listener),
    fresh: async () => {
      const commit = { ...noCommit, ...(await askEngine()) }
      for (const listener of listeners) listener(commit)
    },
  }
  return createCachedStore(inner, { licensesMax: 100, ttlMs: 300_000 })
}

test('cache: what another server has changed before a validation arrives is never returned from memory', async () => {
  await using opened = await openStore()
  const { license } = await issueOne(opened.store)
  const other = opened.openAnother()
  const cached = openCached(opened, async () => ({ licenseIds: [license.id] }))
  for (let version = 1; version < 4; version += 1) {
    const found = await cached.validations.findLicense(license.keyHash, startMs)
    expect(found?.license.termStartedAtMs).toBe(version === 1 ? startMs : version)
    await touch(other, license.id)
  }
})

test('cache: an API key that another server has revoked is not found in memory', async () => {
  await using opened = await openStore()
  const apiKey = anApiKey()
  await opened.store.apiKeys.create(apiKey, 'token', contextAt())
  const cached = openCached(opened, async () => ({ touchesApiKeys: true }))
  expect(await cached.apiKeys.find('token')).toEqual(apiKey)
  await opened.openAnother().apiKeys.change(apiKey.id, contextAt(), () => null)
  expect(await cached.apiKeys.find('token')).toBeNull()
})

test('cache: nothing is returned from memory while the engine cannot find out what has changed', async () => {
  await using opened = await openStore()
  const { license } = await issueOne(opened.store)
  let isReachable = true
  const cached = openCached(opened, async () => {
    if (isReachable) return {}
    throw new Fault('unavailable', 'The database does not respond.')
  })
  await cached.validations.findLicense(license.keyHash, startMs)
  isReachable = false
  const found = Promise.resolve(cached.validations.findLicense(license.keyHash, startMs))
  await expect(found).rejects.toThrow('does not respond')
})

test('cache: validations that arrive together ask once what other servers have changed', async () => {
  await using opened = await openStore()
  const { license } = await issueOne(opened.store)
  let asked = 0
  const cached = openCached(opened, async () => {
    asked += 1
    return {}
  })
  await cached.validations.findLicense(license.keyHash, startMs)
  const { promise, resolve } = Promise.withResolvers<unknown[]>()
  cached.whenFresh(() => {
    resolve([1, 2, 3].map(() => cached.validations.findLicense(license.keyHash, startMs)))
  })
  for (const found of await promise) expect(found).toMatchObject({ license: { id: license.id } })
  expect(asked).toBe(2)
  await cached.validations.findLicense(license.keyHash, startMs)
  expect(asked).toBe(3)
})

test('cache: validations that arrive together find nothing in memory if it may be out of date', async () => {
  await using opened = await openStore()
  const { license } = await issueOne(opened.store)
  let isReachable = true
  const cached = openCached(opened, async () => {
    if (!isReachable) throw new Fault('unavailable', 'The database does not respond.')
    return {}
  })
  await cached.validations.findLicense(license.keyHash, startMs)
  isReachable = false
  const { promise, resolve } = Promise.withResolvers<unknown>()
  cached.whenFresh(() => {
    const found = Promise.resolve(cached.validations.findLicense(license.keyHash, startMs))
    resolve(found.catch(String))
  })
  expect(await promise).toContain('does not respond')
})

test('cache: a license in memory is returned without a promise if only one server uses the database', async () => {
  await using opened = await openStore()
  const { license } = await issueOne(opened.store)
  const cached = createCachedStore(opened.store, { licensesMax: 100, ttlMs: 300_000 })
  await cached.validations.findLicense(license.keyHash, startMs)
  expect(cached.validations.findLicense(license.keyHash, startMs)).toMatchObject({
    license: { id: license.id },
  })
})
