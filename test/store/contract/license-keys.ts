import { describe, expect, test } from 'bun:test'
import type { Store } from '~/store/port.ts'
import { aKey, startMs } from '../../support/samples.ts'
import { apply, createCatalog, issue, issueOne, type OpenStore } from './stores.ts'

const endMs = startMs + 3_600_000

export function licenseKeysContract(openStore: OpenStore): void {
  describe('key rotation', () => {
    const rotate = (store: Store, licenseId: string, to: string, endsAtMs: number | null) =>
      apply(store, licenseId, [
        { type: 'license.rekey', licenseId, key: aKey(to), formerValidUntilMs: endsAtMs },
      ])
    const find = async (store: Store, key: string, nowMs = startMs) =>
      (await store.validations.findLicense(aKey(key).keyHash, nowMs))?.license.id ?? null

    async function openWithLicense() {
      const opened = await openStore()
      await createCatalog(opened.store)
      const [record] = await issue(opened.store, { key: aKey('first') })
      // Puts the key into a cache.
      await find(opened.store, 'first')
      return { ...opened, id: record?.license.id ?? '' }
    }

    test('key rotation: without overlap, only the new key works', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      await rotate(store, id, 'second', null)
      expect(await find(store, 'first')).toBeNull()
      expect(await find(store, 'second')).toBe(id)
      expect(await store.licenses.find(id)).toMatchObject({ license: aKey('second') })
    })

    test('key rotation: both keys work during the overlap, to the millisecond', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      await rotate(store, id, 'second', endMs)
      expect(await find(store, 'second')).toBe(id)
      expect(await find(store, 'first', endMs - 1)).toBe(id)
      expect(await find(store, 'first', endMs)).toBeNull()
      expect(await find(store, 'second', endMs)).toBe(id)
    })

    test('key rotation: both keys find the license as it is now', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      await rotate(store, id, 'second', endMs)
      const set = { suspendedAtMs: startMs }
      await apply(store, id, [{ type: 'license.update', licenseId: id, set }])
      for (const key of ['first', 'second']) {
        const snapshot = await store.validations.findLicense(aKey(key).keyHash, startMs)
        expect(snapshot?.license.suspendedAtMs).toBe(startMs)
      }
    })

    test('key rotation: another rotation ends the overlap', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      await rotate(store, id, 'second', endMs)
      await rotate(store, id, 'third', endMs)
      expect(await find(store, 'first')).toBeNull()
      expect(await find(store, 'second')).toBe(id)
      await rotate(store, id, 'fourth', null)
      expect(await find(store, 'third')).toBeNull()
    })

    test('key rotation: a former key that is issued again belongs to its new license', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      await rotate(store, id, 'second', endMs)
      const [again] = await issue(store, { key: aKey('first') })
      const newId = again?.license.id ?? ''
      expect(await find(store, 'first')).toBe(newId)
      await rotate(store, newId, 'other', endMs)
      expect(await find(store, 'first')).toBe(newId)
      expect(await find(store, 'other')).toBe(newId)
    })

    test('key rotation: refused if the key belongs to another license', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      await issue(store, { key: aKey('taken') })
      await expect(rotate(store, id, 'taken', endMs)).rejects.toMatchObject({
        kind: 'already_exists',
      })
      expect(await find(store, 'first')).toBe(id)
    })
  })

  test('an unknown key finds no license', async () => {
    await using opened = await openStore()
    const { store } = opened
    const { license } = await issueOne(store)
    for (const text of ['', license.id, license.keySealed, license.keyMasked]) {
      expect(await store.validations.findLicense(text, startMs)).toBeNull()
    }
  })
}
