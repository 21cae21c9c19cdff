import { describe, expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import type { LicenseOrder } from '~/domain/issuance.ts'
import type { ImportTarget } from '~/store/imports-port.ts'
import type { Store } from '~/store/port.ts'
import { aKey, startMs } from '../../support/samples.ts'
import { createEndpoint } from './outbox.ts'
import { contextAt, createCatalog, decision, issue, type OpenStore } from './stores.ts'

const page = { limit: 9, after: null }

const none: ImportTarget = {
  externalRef: 'csv:none',
  keyHash: null,
  planSlug: null,
  activationNames: [],
}

async function issueNext(store: Store, order: Partial<LicenseOrder> = {}) {
  const [record] = await issue(store, order)
  if (record === undefined) throw new Error('nothing was issued')
  return record
}

export function importsContract(openStore: OpenStore): void {
  describe('imports', () => {
    test('imports: records get the plan, the oldest license with their reference, and the holder of their key', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const first = await issueNext(store, { externalRef: 'csv:1' })
      await issueNext(store, { externalRef: 'csv:1' })
      const other = await issueNext(store)
      const { keyHash } = other.license
      const targets = [
        none,
        { ...none, externalRef: 'csv:1', planSlug: first.license.planSlug },
        { ...none, keyHash, planSlug: 'missing' },
      ]
      const states = await store.imports.read(targets, startMs)
      expect(states).toEqual([
        { plan: null, existing: null, keyHolder: null, activations: [] },
        {
          plan: first.plan,
          existing: expect.objectContaining({ license: first.license }),
          keyHolder: null,
          activations: [],
        },
        {
          plan: null,
          existing: null,
          keyHolder: { id: other.license.id, externalRef: null },
          activations: [],
        },
      ])
    })

    test('imports: a former key has a holder until its overlap ends', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const { license } = await issueNext(store)
      const { id: licenseId, keyHash } = license
      const rekey = { licenseId, key: aKey('next'), formerValidUntilMs: startMs + 9 }
      await store.licenses.change(licenseId, { intent: 'none' }, contextAt(), () =>
        decision(null, [{ type: 'license.rekey', ...rekey }]),
      )
      const holderAt = async (nowMs: number) =>
        (await store.imports.read([{ ...none, keyHash }], nowMs))[0]?.keyHolder?.id
      expect(await holderAt(startMs)).toBe(licenseId)
      expect(await holderAt(startMs + 9)).toBeUndefined()
    })

    test('imports: activations are found by value and by external ID, but only those of the license', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const one = await issueNext(store, { externalRef: 'csv:1', domains: ['example.org'] })
      await issueNext(store, { externalRef: 'csv:2', domains: ['example.org'] })
      const { data } = await store.activations.list(one.license.id, page)
      const read = async (...activationNames: string[]) => {
        const targets = [none, { ...none, externalRef: 'csv:1', activationNames }]
        return (await store.imports.read(targets, startMs))[1]?.activations
      }
      expect(await read('example.org', 'example.net')).toEqual([...data])
      expect(await read('example.net')).toEqual([])
      expect(await read()).toEqual([])
    })

    test('imports: a decision about several records is written as a whole or not at all', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const { license } = await issueNext(store, { externalRef: 'csv:1' })
      const targets = [none, { ...none, externalRef: 'csv:1' }]
      const update = { type: 'license.update', licenseId: license.id, set: { version: 7 } } as const
      const nameOf = async () => (await store.licenses.find(license.id))?.license.version
      const result = await store.imports.apply(targets, contextAt(), ([first, second]) =>
        decision([first?.existing, second?.existing?.license.id], [update]),
      )
      expect(result).toEqual([null, license.id])
      expect(await nameOf()).toBe(7)
      const failing = store.imports.apply(targets, contextAt(), () => {
        throw new Fault('refused', 'Not these.')
      })
      await expect(failing).rejects.toThrow('Not these.')
    })

    test('imports: a silent event is in the history, and no endpoint receives it', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const { license } = await issueNext(store, { externalRef: 'csv:1' })
      const event = { type: 'license.updated', licenseId: license.id, isSilent: true } as const
      const endpoint = await createEndpoint(store)
      const loud = { ...event, isSilent: false }
      await store.imports.apply([none], contextAt(), () => decision(null, [], [event, loud, event]))
      const { data } = await store.events.list({ licenseId: license.id }, page)
      expect(data.filter(({ type }) => type === 'license.updated')).toHaveLength(3)
      const deliveries = await store.deliveries.list(endpoint.id, page)
      expect(deliveries.data).toHaveLength(1)
    })

    test('imports: a way of hashing is added once, and survives a restart', async () => {
      await using opened = await openStore()
      const { store } = opened
      expect(await store.imports.listHashings()).toEqual([])
      const plain = { name: 'sha256', algorithm: 'sha256', secretSealed: null } as const
      const keyed = { name: 'hmac-sha256/a', algorithm: 'hmac-sha256', secretSealed: 'x' } as const
      await store.imports.addHashing(plain)
      await store.imports.addHashing(keyed)
      await store.imports.addHashing({ ...keyed, secretSealed: 'y' })
      const reopened = await opened.reopen()
      const hashings = await reopened.imports.listHashings()
      expect(hashings.toSorted((one, other) => one.name.localeCompare(other.name))).toEqual([
        keyed,
        plain,
      ])
    })

    test('imports: a license is found by any of several hashes, also if it was in the cache by another key', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const { license } = await issueNext(store)
      const { id, keyHash } = license
      expect(await store.imports.findPending(['other', keyHash])).toEqual({ id, keyHash })
      expect(await store.imports.findPending(['other'])).toBeNull()
      expect(await store.imports.findPending([])).toBeNull()
      await store.validations.findLicense(keyHash, startMs)
      const key = aKey('next')
      const rekey = { licenseId: id, key, formerValidUntilMs: null }
      await store.licenses.change(id, { intent: 'none' }, contextAt(), () =>
        decision(null, [{ type: 'license.rekey', ...rekey }]),
      )
      expect(await store.validations.findLicense(keyHash, startMs)).toBeNull()
      expect((await store.validations.findLicense(key.keyHash, startMs))?.license.id).toBe(id)
    })
  })
}
