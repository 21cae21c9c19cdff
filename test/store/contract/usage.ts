import { describe, expect, test } from 'bun:test'
import { DAY_MS } from '~/domain/times.ts'
import { bucketOf, figuresOf } from '~/domain/usage.ts'
import type { Store } from '~/store/port.ts'
import { activating, aDevice, aValidation, startMs } from '../../support/samples.ts'
import { apply, firstPage, issueOne, type OpenStore, touch } from './stores.ts'

export function usageContract(openStore: OpenStore): void {
  describe('recorded validations', () => {
    const record = (store: Store, licenseId: string, atMs: number, seen: string[] = []) =>
      store.usage.recordValidation(aValidation({ licenseId, activationIds: seen, atMs }))

    async function openWithLicense() {
      const opened = await openStore()
      const snapshot = await issueOne(opened.store)
      return { ...opened, snapshot, id: snapshot.license.id }
    }

    async function figuresOf(store: Store, id: string) {
      const { validationCount, lastValidatedAtMs } = (await store.licenses.find(id))?.license ?? {}
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
      const { data } = await store.licenses.list({}, firstPage)
      expect(data[0]?.license.validationCount).toBe(3)
      await store.flush()
      expect(await figuresOf(store, id)).toEqual([3, startMs + 3])
      record(store, id, startMs + 4)
      expect(await figuresOf(store, id)).toEqual([4, startMs + 4])
    })

    test('count when they are valid', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      store.usage.recordValidation(aValidation({ licenseId: id, error: 'LICENSE_EXPIRED' }))
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
      expect((await store.licenses.find(id))?.license.version).toBe(7)
    })

    test('tell when an activation was last seen, written or not', async () => {
      await using opened = await openWithLicense()
      const { store, id, snapshot } = opened
      const device = aDevice(snapshot, 'machine')
      await apply(store, id, [activating(device)])
      const lastSeen = async () =>
        (await store.activations.list(id, firstPage)).data.map(({ lastSeenAtMs }) => lastSeenAtMs)
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

  describe('the usage history', () => {
    const days = (first: number, last: number) => {
      const today = bucketOf(startMs, 'day')
      return { interval: 'day', first: today + first, last: today + last } as const
    }
    const everPage = (store: Store, licenseId: string) =>
      store.usage.list(licenseId, { fromMs: 0, toMs: startMs + DAY_MS }, firstPage)

    test('is read as it is recorded: singly, by count and by day', async () => {
      await using opened = await openStore()
      const { store } = opened
      store.usage.recordValidation(aValidation({ country: 'DE', fingerprint: 'machine' }))
      store.usage.recordValidation(
        aValidation({ error: 'LICENSE_EXPIRED', atMs: startMs - DAY_MS }),
      )
      store.usage.recordValidation(aValidation({ licenseId: 'lic_b' }))
      const { data } = await everPage(store, 'lic_a')
      expect(data).toMatchObject([
        { licenseId: 'lic_a', error: null, country: 'DE', fingerprint: 'machine' },
        { licenseId: 'lic_a', error: 'LICENSE_EXPIRED', atMs: startMs - DAY_MS },
      ])
      const ofLicense = figuresOf(await store.usage.listCounts('lic_a', days(-1, 0)))
      expect(ofLicense).toMatchObject({ valid: 1, refused: 1, countries: { DE: 1 } })
      const ofAll = figuresOf(await store.usage.listCounts(null, days(0, 0)))
      expect(ofAll).toMatchObject({ valid: 2, refused: 0, plans: { professional: 2 } })
      expect(await store.usage.countDevices('lic_a', days(0, 0))).toBe(1)
      const series = await store.usage.listSeries('lic_a', days(-2, 0), ['verdict', null])
      expect(series).toEqual([
        { bucket: days(-1, 0).first, valid: 0, refused: 1 },
        { bucket: days(0, 0).first, valid: 1, refused: 0 },
      ])
    })

    test('of a license without any is empty', async () => {
      await using opened = await openStore()
      const { store } = opened
      expect((await everPage(store, 'lic_none')).data).toEqual([])
      expect(await store.usage.listCounts('lic_none', days(0, 0))).toEqual([])
      expect(await store.usage.countDevices('lic_none', days(0, 0))).toBe(0)
    })

    test('forgets single validations of past days, and keeps the counts', async () => {
      await using opened = await openStore()
      const { store } = opened
      for (const atMs of [startMs - DAY_MS, startMs])
        store.usage.recordValidation(aValidation({ atMs }))
      await store.flush()
      expect(await store.usage.trim(startMs, 10)).toBe(1)
      expect((await everPage(store, 'lic_a')).data).toHaveLength(1)
      expect(figuresOf(await store.usage.listCounts('lic_a', days(-1, 0))).valid).toBe(2)
    })

    test('is exported chunk by chunk', async () => {
      await using opened = await openStore()
      const { store } = opened
      for (const version of ['1', '2', '3']) store.usage.recordValidation(aValidation({ version }))
      const range = { fromMs: startMs, toMs: startMs + 1 }
      const first = await store.usage.export(range, null, 2)
      const rest = await store.usage.export(range, first.after, 2)
      expect([...first.data, ...rest.data].map(({ version }) => version)).toEqual(['1', '2', '3'])
      expect(rest.after).toBeNull()
    })
  })
}
