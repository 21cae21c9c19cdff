import { describe, expect, test } from 'bun:test'
import { HOUR_MS } from '~/domain/times.ts'
import { aDevice, buildCreation, startMs } from '../../support/samples.ts'
import { apply, firstPage, issueOne, type OpenStore } from './stores.ts'

export function lastSeenContract(openStore: OpenStore): void {
  async function openWithDevice() {
    const opened = await openStore()
    const snapshot = await issueOne(opened.store)
    const device = aDevice(snapshot, 'machine')
    await apply(opened.store, snapshot.license.id, [buildCreation(device)])
    const readLastSeen = async (store = opened.store) => {
      const { data } = await store.activations.list(device.licenseId, firstPage)
      return (data[0]?.lastSeenAtMs ?? 0) - startMs
    }
    const see = (afterMs: number) => opened.store.activations.recordSeen(device, startMs + afterMs)
    return { ...opened, device, readLastSeen, see }
  }

  describe('last seen', () => {
    test('last seen: it changes at most once an hour', async () => {
      await using opened = await openWithDevice()
      const { readLastSeen, see } = opened
      see(HOUR_MS - 1)
      expect(await readLastSeen()).toBe(0)
      see(HOUR_MS)
      expect(await readLastSeen()).toBe(HOUR_MS)
      see(2 * HOUR_MS - 1)
      expect(await readLastSeen()).toBe(HOUR_MS)
      see(2 * HOUR_MS)
      expect(await readLastSeen()).toBe(2 * HOUR_MS)
    })

    test('last seen: an earlier time does not move it back', async () => {
      await using opened = await openWithDevice()
      const { readLastSeen, see, store, device } = opened
      see(3 * HOUR_MS)
      await store.flush()
      const another = opened.openAnother()
      another.activations.recordSeen(device, startMs + 2 * HOUR_MS)
      await another.flush()
      expect(await readLastSeen()).toBe(3 * HOUR_MS)
    })

    test('last seen: closing the store writes it', async () => {
      await using opened = await openWithDevice()
      opened.see(HOUR_MS)
      expect(await opened.readLastSeen(await opened.reopen())).toBe(HOUR_MS)
    })

    test('last seen: an activation that was deleted meanwhile is ignored', async () => {
      await using opened = await openWithDevice()
      const { store, device } = opened
      const gone = { ...device, id: 'act_gone' }
      for (const activation of [gone, device]) {
        store.activations.recordSeen(activation, startMs + HOUR_MS)
      }
      await store.flush()
      expect(await opened.readLastSeen()).toBe(HOUR_MS)
    })
  })
}
