import { describe, expect, test } from 'bun:test'
import type { Store } from '~/store/port.ts'
import { activating, aDevice, aValidation, startMs } from '../../support/samples.ts'
import { apply, firstPage, issueOne, type OpenStore, touch } from './stores.ts'

export function usageContract(openStore: OpenStore): void {
  describe('recorded validations', () => {
    const record = (store: Store, licenseId: string, atMs: number, seen: string[] = []) =>
      store.recordValidation(aValidation({ licenseId, activationIds: seen, atMs }))

    async function openWithLicense() {
      const opened = await openStore()
      const snapshot = await issueOne(opened.store)
      return { ...opened, snapshot, id: snapshot.license.id }
    }

    async function figuresOf(store: Store, id: string) {
      const { validationCount, lastValidatedAtMs } = (await store.findLicense(id))?.license ?? {}
      return [validationCount, lastValidatedAtMs]
    }

    test('are in every read at once, written or not', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      expect(await figuresOf(store, id)).toEqual([0, null])
      record(store, id, startMs + 1)
      record(store, id, startMs + 3)
      record(store, id, startMs + 2)
      expect(await figuresOf(store, id)).toEqual([3, startMs + 3])
      const { data } = await store.listLicenses({}, firstPage)
      expect(data[0]?.license.validationCount).toBe(3)
      await store.flush()
      expect(await figuresOf(store, id)).toEqual([3, startMs + 3])
      record(store, id, startMs + 4)
      expect(await figuresOf(store, id)).toEqual([4, startMs + 4])
    })

    test('count when they are valid', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      store.recordValidation(aValidation({ licenseId: id, error: 'LICENSE_EXPIRED' }))
      expect(await figuresOf(store, id)).toEqual([0, null])
      await store.flush()
      expect(await figuresOf(store, id)).toEqual([0, null])
    })

    test('are kept by a flush, and by closing', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      record(store, id, startMs + 1)
      await store.flush()
      record(store, id, startMs + 2)
      expect(await figuresOf(await opened.reopen(), id)).toEqual([2, startMs + 2])
    })

    test('of a time before the last do not take it back', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      record(store, id, startMs + 9)
      await store.flush()
      record(store, id, startMs)
      expect(await figuresOf(store, id)).toEqual([2, startMs + 9])
      await store.flush()
      expect(await figuresOf(store, id)).toEqual([2, startMs + 9])
    })

    test('move no version and are counted once, however commands and flushes mix', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      const rounds = Array.from({ length: 30 }, async (_, index) => {
        record(store, id, startMs + index)
        if (index % 3 === 0) await store.flush()
        if (index % 5 === 0) await touch(store, id)
      })
      await Promise.all(rounds)
      expect(await figuresOf(store, id)).toEqual([30, startMs + 29])
      await store.flush()
      expect(await figuresOf(store, id)).toEqual([30, startMs + 29])
      expect((await store.findLicense(id))?.license.version).toBe(7)
    })

    test('tell when an activation was last seen, written or not', async () => {
      await using opened = await openWithLicense()
      const { store, id, snapshot } = opened
      const device = aDevice(snapshot, 'machine')
      await apply(store, id, [activating(device)])
      const lastSeen = async () =>
        (await store.listActivations(id, firstPage)).data.map(({ lastSeenAtMs }) => lastSeenAtMs)
      record(store, id, startMs + 5, [device.id, 'act_none'])
      expect(await lastSeen()).toEqual([startMs + 5])
      await store.flush()
      expect(await lastSeen()).toEqual([startMs + 5])
      record(store, id, startMs + 2, [device.id])
      expect(await lastSeen()).toEqual([startMs + 5])
      await store.flush()
      expect(await lastSeen()).toEqual([startMs + 5])
    })

    test('of a license that is not there harm nobody', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      record(store, 'lic_none', startMs)
      record(store, id, startMs)
      await store.flush()
      expect(await figuresOf(store, id)).toEqual([1, startMs])
    })
  })
}
