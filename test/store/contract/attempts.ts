import { describe, expect, test } from 'bun:test'
import { decideRetry } from '~/domain/deliveries.ts'
import { startMs } from '../../support/samples.ts'
import { changeEndpoint, claim, claimOne, createEndpoint, endTry } from './outbox.ts'
import { contextAt, issueOne, type OpenStore, touch } from './stores.ts'

export function attemptsContract(openStore: OpenStore): void {
  describe('attempts', () => {
    test('attempts: an attempt that ended is stored and releases its delivery', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const { id: endpointId } = await createEndpoint(store)
      await touch(store, license.id)
      const claimed = await claimOne(store)
      await endTry(store, claimed, 500)
      const { id } = claimed.delivery
      expect((await store.deliveries.find(id))?.delivery.progress).toEqual({
        status: 'pending',
        attempts: 1,
        nextAttemptAtMs: startMs + 5000,
      })
      const kept = { status: 500, atMs: startMs, responseBody: 'error' }
      expect(await store.deliveries.listAttempts(id)).toMatchObject([kept])
      expect((await store.endpoints.find(endpointId))?.failingSinceMs).toBe(startMs)
      expect(await claim(store, { nowMs: startMs + 4999 })).toEqual([])
      const [again] = await claim(store, { nowMs: startMs + 5000 })
      expect(again?.event).toEqual(claimed.event)
    })

    test('attempts: an attempt under way keeps its claim when the delivery is restarted', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await createEndpoint(store)
      await touch(store, license.id)
      const claimed = await claimOne(store)
      await store.deliveries.change(claimed.delivery.id, contextAt(), (current) =>
        decideRetry(current, startMs + 1),
      )
      expect(await claim(store, { nowMs: startMs + 1 })).toEqual([])
      await endTry(store, claimed, 500)
      expect(await claim(store, { nowMs: startMs + 1 })).toHaveLength(1)
    })

    test.each([410, 500])(
      'attempts: a response of %i from a replaced URL does not count against the new one',
      async (status) => {
        await using opened = await openStore()
        const { store } = opened
        const { license } = await issueOne(store)
        const endpoint = await createEndpoint(store)
        await touch(store, license.id)
        const claimed = await claimOne(store)
        await changeEndpoint(store, endpoint, { url: 'https://other.example.com/' })
        await endTry(store, claimed, status)
        expect(await store.endpoints.find(endpoint.id)).toMatchObject({
          state: 'enabled',
          failingSinceMs: null,
        })
        const [again] = await claim(store)
        expect(again?.delivery).toMatchObject({
          id: claimed.delivery.id,
          progress: { attempts: 0 },
        })
        expect(await store.deliveries.listAttempts(claimed.delivery.id)).toMatchObject([{ status }])
      },
    )
  })

  describe('recovery', () => {
    test('recovery: restarts deliveries with failed attempts, but not those without attempts', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const endpoint = await createEndpoint(store)
      for (let count = 0; count < 2; count += 1) await touch(store, license.id)
      const [failing] = await claim(store, { totalMax: 1 })
      if (failing !== undefined) await endTry(store, failing, 500)
      const recovery = await store.outbox.recover(endpoint.id, startMs, contextAt())
      // The endpoint also missed the events from before it was created.
      expect(recovery).toEqual({ recovered: 2 })
      const claimed = await claim(store)
      expect(claimed.map(({ delivery }) => delivery.id)).toContain(failing?.delivery.id ?? '')
    })

    test('recovery: restarts failed deliveries and creates missed ones, for any number of events', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const endpoint = await createEndpoint(store, { events: ['license.updated'] })
      await touch(store, license.id)
      const failed = await claimOne(store)
      await endTry(store, failed, 410)
      await Promise.all(Array.from({ length: 1100 }, () => touch(store, license.id)))
      await touch(store, license.id, startMs, 'license.renewed')

      const recover = () => store.outbox.recover(endpoint.id, startMs, contextAt())
      expect(await recover()).toEqual({ recovered: 1101 })
      expect(await recover()).toEqual({ recovered: 0 })
      await changeEndpoint(store, endpoint, { state: 'enabled', failingSinceMs: null })
      const claimed = await claim(store, { totalMax: 2000, perEndpointMax: 2000 })
      expect(new Set(claimed.map(({ event }) => event.id)).size).toBe(1101)
      const again = claimed.find(({ delivery }) => delivery.id === failed.delivery.id)
      expect(again?.delivery.progress).toMatchObject({ status: 'pending', attempts: 0 })
    })

    test('recovery: returns null for an unknown endpoint', async () => {
      await using opened = await openStore()
      const { store } = opened
      await issueOne(store)
      expect(await store.outbox.recover('whk_none', startMs, contextAt())).toBe(null)
    })
  })
}
