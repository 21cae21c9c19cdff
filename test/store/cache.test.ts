import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Activation, ActivationQuery, ActivationState } from '~/domain/activations.ts'
import type { License } from '~/domain/licenses.ts'
import { type CachedStore, createCachedStore } from '~/store/cache.ts'
import type { Commit, Store } from '~/store/port.ts'
import type { Eventual } from '~/turns.ts'
import {
  aDevice,
  aDomain,
  aHost,
  aKey,
  anApiKey,
  buildCreation,
  startMs,
} from '../support/samples.ts'
import {
  apply,
  contextAt,
  createCatalog,
  issue,
  type OpenedStore,
  touch,
} from './contract/stores.ts'
import { createOpenStore } from './sqlite/open-store.ts'

type Read = 'findLicense' | 'findActivationState' | 'findApiKey'

let opened: OpenedStore
let inner: Store
let reads: Read[]
let gate: Promise<void> | null
let notifyCache: (commit: Commit) => void

beforeEach(async () => {
  opened = await createOpenStore((store) => store)()
  inner = opened.store
  reads = []
  gate = null
})
afterEach(() => opened[Symbol.asyncDispose]())

/** The store behind the cache. Its reads are recorded, and wait while there is a gate. */
function watched(): Store {
  const watch =
    <Given extends unknown[], Found>(name: Read, read: (...given: Given) => Eventual<Found>) =>
    async (...given: Given) => {
      reads.push(name)
      const found = await read(...given)
      await gate
      return found
    }
  return {
    ...inner,
    validations: {
      findLicense: watch('findLicense', inner.validations.findLicense),
      findActivationState: watch('findActivationState', inner.validations.findActivationState),
    },
    apiKeys: { ...inner.apiKeys, find: watch('findApiKey', inner.apiKeys.find) },
    subscribe: (listener) => {
      notifyCache = listener
      inner.subscribe(listener)
    },
  }
}

const cache = (licensesMax = 100, ttlMs = 300_000): CachedStore =>
  createCachedStore(watched(), { licensesMax, ttlMs })

async function issueNamed(...names: string[]): Promise<License[]> {
  const records = await issue(inner, ...names.map((name) => ({ key: aKey(name) })))
  return records.map(({ license }) => license)
}

const validating = (fingerprint: string) => ({ intent: 'validate', fingerprint }) as const

const find = async (store: Store, name: string, nowMs = startMs) =>
  (await store.validations.findLicense(aKey(name).keyHash, nowMs))?.license ?? null

async function openWithLicense(...names: string[]) {
  await createCatalog(inner)
  const [license, ...others] = await issueNamed('a key', ...names)
  const plan = await inner.plans.find('professional')
  if (license === undefined || plan === null) throw new Error('nothing was issued')
  return { license, snapshot: { license, plan }, others }
}

/** Finds the license 'a key' and then its activation state, as a validation does. */
async function findState(
  store: CachedStore,
  query: ActivationQuery,
  atMs = startMs,
): Promise<ActivationState> {
  const snapshot = await store.validations.findLicense(aKey('a key').keyHash, atMs)
  if (snapshot === null) throw new Error('there is such a license')
  return store.validations.findActivationState(snapshot, query)
}

describe('cached reads', () => {
  test('cache: a second read of a license, its activation state or an API key is a hit', async () => {
    const { snapshot, license } = await openWithLicense()
    const device = aDevice(snapshot, 'machine')
    await apply(inner, license.id, [
      buildCreation(aDomain(snapshot, 'a.io')),
      buildCreation(device),
    ])
    await inner.apiKeys.create(anApiKey(), 'token', contextAt())
    const store = cache()
    const query = { intent: 'validate', hostname: aHost('a.io'), fingerprint: 'machine' } as const
    const readAll = async () => [await findState(store, query), await store.apiKeys.find('token')]
    const first = await readAll()
    expect(await readAll()).toEqual(first)
    expect(reads).toEqual(['findLicense', 'findActivationState', 'findApiKey'])
    expect(store.cacheFigures).toEqual({ hits: 1, misses: 1 })
  })

  test('cache: a miss is not cached', async () => {
    const { snapshot } = await openWithLicense()
    const store = cache()
    for (let round = 0; round < 2; round += 1) {
      expect(await find(store, 'no key')).toBeNull()
      expect(await store.apiKeys.find('no token')).toBeNull()
      await store.validations.findActivationState(snapshot, validating('no machine'))
    }
    expect(reads).toHaveLength(6)
  })

  test.each([
    ['suspended', { suspendedAtMs: startMs }],
    ['revoked', { revokedAtMs: startMs }],
    ['expired', { expiresAtMs: startMs - 1, endsAtMs: startMs - 1 }],
  ])('cache: a second read of a license that is %s is a hit', async (_status, set) => {
    const { license } = await openWithLicense()
    await apply(inner, license.id, [{ type: 'license.update', licenseId: license.id, set }])
    const store = cache()
    for (let round = 0; round < 2; round += 1) {
      expect(await find(store, 'a key')).toMatchObject(set)
    }
    expect(reads).toHaveLength(1)
  })
})

describe('licenses in several places', () => {
  test('cache: each place of a license is read once, and one that is refused is remembered', async () => {
    const { snapshot, license } = await openWithLicense()
    const devices = ['one', 'two', 'three']
    const activations = devices.map((name) => buildCreation(aDevice(snapshot, name)))
    await apply(inner, license.id, activations)
    const store = cache()
    for (let round = 0; round < 3; round += 1) {
      for (const name of devices) {
        expect((await findState(store, validating(name))).device?.value).toBe(name)
      }
    }
    expect(reads.filter((read) => read === 'findActivationState')).toHaveLength(3)
    for (let round = 0; round < 3; round += 1) {
      expect((await findState(store, validating('none'))).device).toBeNull()
    }
    expect(reads.filter((read) => read === 'findActivationState')).toHaveLength(4)
  })

  test('cache: a state that was found under the former terms of a plan is read again', async () => {
    const { snapshot } = await openWithLicense()
    const store = cache()
    await findState(store, validating('none'))
    const plan = { ...snapshot.plan, evictIdleDays: 9 }
    await store.plans.change(plan.slug, contextAt(), () => plan)
    await findState(store, validating('none'))
    expect(reads.filter((read) => read === 'findActivationState')).toHaveLength(2)
  })
})

describe('invalidation', () => {
  test('cache: a commit drops the changed license and no other', async () => {
    const { license } = await openWithLicense('another key')
    const store = cache()
    for (const name of ['a key', 'another key']) await find(store, name)
    await touch(store, license.id)
    expect((await find(store, 'a key'))?.termStartedAtMs).toBe(2)
    expect((await find(store, 'another key'))?.termStartedAtMs).toBe(startMs)
    expect(store.cacheFigures).toEqual({ hits: 1, misses: 3 })
  })

  test.each(['deleted', 'moved to another license'])(
    'cache: a commit drops an activation that was %s',
    async (how) => {
      const { snapshot, license, others } = await openWithLicense('another key')
      const device = aDevice(snapshot, 'machine')
      await apply(inner, license.id, [buildCreation(device)])
      const store = cache()
      const activationState = () => findState(store, validating('machine'))
      expect((await activationState()).device).toEqual(device)
      const licenseId = others[0]?.id ?? ''
      const moved: Activation = { ...device, licenseId }
      await apply(store, license.id, [
        { type: 'activation.delete', activation: device },
        ...(how === 'deleted' ? [] : [buildCreation(moved)]),
      ])
      expect((await activationState()).device).toBeNull()
    },
  )

  test('cache: a changed plan applies to cached licenses, which are not read again', async () => {
    const { snapshot } = await openWithLicense('another key')
    const store = cache()
    for (const name of ['a key', 'another key']) await find(store, name)
    const plan = { ...snapshot.plan, maxDomains: 9 }
    await store.plans.change(plan.slug, contextAt(), () => plan)
    for (const name of ['a key', 'another key', 'a key']) {
      const found = await store.validations.findLicense(aKey(name).keyHash, startMs)
      expect(found?.plan.maxDomains).toBe(9)
    }
    expect(store.cacheFigures).toEqual({ hits: 2, misses: 3 })
  })

  test('cache: an external commit drops everything', async () => {
    const { snapshot, license } = await openWithLicense()
    await apply(inner, license.id, [buildCreation(aDevice(snapshot, 'machine'))])
    await inner.apiKeys.create(anApiKey(), 'token', contextAt())
    const store = cache()
    const readAll = async () => {
      await findState(store, validating('machine'))
      await store.apiKeys.find('token')
    }
    await readAll()
    notifyCache({
      licenseIds: [],
      activations: [],
      touchesPlans: true,
      touchesApiKeys: true,
      touchesEdges: true,
      touchesOutbox: true,
      touchesCheckout: true,
      touchesMails: true,
      touchesSigningKeys: true,
      touchesRevocations: true,
      isExternal: true,
    })
    await readAll()
    expect(reads).toHaveLength(6)
  })
})

describe('reads during a commit', () => {
  async function commitDuring<Found>(read: () => Eventual<Found>, commit: () => Promise<unknown>) {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    const stale = read()
    await commit()
    gate = null
    resolve()
    await stale
    return await read()
  }

  test('cache: a license read during its revocation is not cached', async () => {
    const { license } = await openWithLicense()
    const store = cache()
    const set = { revokedAtMs: startMs }
    const found = await commitDuring(
      () => find(store, 'a key'),
      () => apply(store, license.id, [{ type: 'license.update', licenseId: license.id, set }]),
    )
    expect(found?.revokedAtMs).toBe(startMs)
  })

  test('cache: a plan read during its change is not cached', async () => {
    const { snapshot } = await openWithLicense()
    const store = cache()
    const plan = { ...snapshot.plan, maxDomains: 9 }
    const found = await commitDuring(
      () => store.validations.findLicense(aKey('a key').keyHash, startMs),
      () => store.plans.change(plan.slug, contextAt(), () => plan),
    )
    expect(found?.plan.maxDomains).toBe(9)
  })

  test('cache: an activation read during its deletion is not cached', async () => {
    const { snapshot, license } = await openWithLicense()
    const activation = aDevice(snapshot, 'machine')
    await apply(inner, license.id, [buildCreation(activation)])
    const store = cache()
    const found = await commitDuring(
      () => findState(store, validating('machine')),
      () => apply(store, license.id, [{ type: 'activation.delete', activation }]),
    )
    expect(found.device).toBeNull()
  })

  test('cache: an API key read during its revocation is not cached', async () => {
    const apiKey = anApiKey()
    await inner.apiKeys.create(apiKey, 'token', contextAt())
    const store = cache()
    const found = await commitDuring(
      () => store.apiKeys.find('token'),
      () => store.apiKeys.change(apiKey.id, contextAt(), () => null),
    )
    expect(found).toBeNull()
  })
})

describe('limits', () => {
  test('cache: keeps licenses that are in use up to its maximum', async () => {
    await openWithLicense('second', 'third')
    const store = cache(2)
    for (const name of ['a key', 'second', 'a key', 'third']) await find(store, name)
    expect(store.cacheFigures).toEqual({ hits: 1, misses: 3 })
    await find(store, 'a key')
    expect(store.cacheFigures).toEqual({ hits: 2, misses: 3 })
    await find(store, 'second')
    expect(store.cacheFigures).toEqual({ hits: 2, misses: 4 })
  })

  test('cache: keeps the activations of a license in several places for its time to live', async () => {
    const { snapshot, license } = await openWithLicense()
    const devices = ['one', 'two']
    const activations = devices.map((name) => buildCreation(aDevice(snapshot, name)))
    await apply(inner, license.id, activations)
    const store = cache(100, 1000)
    const readAt = async (atMs: number) => {
      reads = []
      for (const name of devices) await findState(store, validating(name), atMs)
      return reads.filter((read) => read === 'findActivationState').length
    }
    expect(await readAt(startMs)).toBe(2)
    expect(await readAt(startMs + 999)).toBe(0)
    expect(await readAt(startMs + 1000)).toBe(2)
  })

  test('cache: keeps a license for its time to live', async () => {
    await openWithLicense()
    const store = cache(100, 1000)
    await find(store, 'a key')
    await find(store, 'a key', startMs + 999)
    expect(store.cacheFigures).toEqual({ hits: 1, misses: 1 })
    await find(store, 'a key', startMs + 1000)
    expect(store.cacheFigures).toEqual({ hits: 1, misses: 2 })
  })
})
