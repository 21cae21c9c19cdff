import { describe, expect, test } from 'bun:test'
import { decideAttempt, decideRetry } from '~/domain/deliveries.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import type { ClaimedDelivery, DeliveryClaim } from '~/store/outbox-port.ts'
import type { Store } from '~/store/port.ts'
import { createId, startMs } from '../../support/samples.ts'
import {
  contextAt,
  decision,
  firstPage,
  issueOne,
  type OpenStore,
  readAllPages,
  touch,
} from './stores.ts'

const LEASE_MS = 60_000

export async function createEndpoint(
  store: Store,
  given: Partial<Endpoint> = {},
): Promise<Endpoint> {
  const endpoint: Endpoint = {
    id: createId('whk'),
    url: 'https://hooks.example.com/',
    events: ['*'],
    description: null,
    state: 'enabled',
    secretSealed: 'sealed',
    formerSecret: null,
    failingSinceMs: null,
    createdAtMs: startMs,
    ...given,
  }
  return store.endpoints.create(endpoint, contextAt())
}

export function changeEndpoint(store: Store, { id }: Endpoint, set: Partial<Endpoint>) {
  return store.endpoints.change(id, contextAt(), (endpoint) => ({ ...endpoint, ...set }))
}

export function deleteEndpoint(store: Store, { id }: Endpoint) {
  return store.endpoints.change(id, contextAt(), () => null)
}

export function claim(store: Store, given: Partial<DeliveryClaim> = {}) {
  const nowMs = given.nowMs ?? startMs
  return store.outbox.claim({
    instanceId: 'one',
    nowMs,
    claimedUntilMs: nowMs + LEASE_MS,
    totalMax: 100,
    perEndpointMax: 100,
    failingMax: 100,
    ...given,
  })
}

export async function claimOne(store: Store): Promise<ClaimedDelivery> {
  const [claimed] = await claim(store)
  if (claimed === undefined) throw new Error('nothing was due')
  return claimed
}

export function endTry(
  store: Store,
  { delivery, endpoint, event }: ClaimedDelivery,
  status: number,
) {
  const attempt = { status, error: null, responseBody: 'error', durationMs: 3, atMs: startMs }
  const trial = { delivery, endpoint, postedData: event.data }
  return store.deliveries.change(delivery.id, contextAt(), (current) =>
    decideAttempt(trial, current, attempt, { status, retryAfter: null }, startMs, 0.5),
  )
}

const sequencesOf = (claimed: readonly ClaimedDelivery[]) =>
  claimed.map(({ event }) => event.sequence)

const endpointsOf = (claimed: readonly ClaimedDelivery[]) =>
  claimed.map(({ endpoint }) => endpoint.id)

export function outboxContract(openStore: OpenStore): void {
  describe('the outbox', () => {
    test('outbox: one delivery for each endpoint that receives the event, paused or not', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const endpoints = {
        all: await createEndpoint(store),
        noun: await createEndpoint(store, { events: ['license.*'] }),
        paused: await createEndpoint(store, { state: 'paused' }),
        other: await createEndpoint(store, { events: ['license.created', 'activation.*'] }),
        gone: await createEndpoint(store, { state: 'disabled_gone' }),
        failing: await createEndpoint(store, { state: 'disabled_failing' }),
        deleted: await createEndpoint(store),
      }
      await deleteEndpoint(store, endpoints.deleted)
      await touch(store, license.id)
      const counts = await Promise.all(
        Object.entries(endpoints).map(async ([name, { id }]) => {
          const { data } = await store.deliveries.list(id, firstPage)
          return [name, data.length]
        }),
      )
      expect(Object.fromEntries(counts)).toEqual({
        all: 1,
        noun: 1,
        paused: 1,
        other: 0,
        gone: 0,
        failing: 0,
        deleted: 0,
      })
    })

    test('outbox: no delivery if the change is refused', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await createEndpoint(store)
      const failing = store.licenses.change(license.id, { intent: 'none' }, contextAt(), () =>
        decision(
          null,
          [{ type: 'license.update', licenseId: license.id, set: { planSlug: 'none' } }],
          [{ type: 'license.updated', licenseId: license.id }],
        ),
      )
      await expect(failing).rejects.toThrow()
      expect(await claim(store)).toEqual([])
    })

    test('outbox: due deliveries are claimed once, in commit order, until the claim ends', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await createEndpoint(store)
      for (const nowMs of [startMs + 9, startMs, startMs]) await touch(store, license.id, nowMs)
      expect(sequencesOf(await claim(store))).toEqual([3, 4])
      expect(sequencesOf(await claim(store, { nowMs: startMs + 9 }))).toEqual([2])
      const later = { instanceId: 'other', nowMs: startMs + LEASE_MS - 1 }
      expect(await claim(store, later)).toEqual([])
      const again = await claim(store, { ...later, nowMs: startMs + LEASE_MS })
      expect(sequencesOf(again)).toEqual([3, 4])
    })

    test('outbox: no delivery is claimed by two processes', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await createEndpoint(store)
      await Promise.all(Array.from({ length: 30 }, () => touch(store, license.id)))
      const other = opened.openAnother()
      const claims = await Promise.all(
        [1, 2, 3].flatMap(() => [
          claim(store, { totalMax: 5 }),
          claim(other, { totalMax: 5, instanceId: 'other' }),
        ]),
      )
      const ids = claims.flat().map(({ delivery }) => delivery.id)
      expect([ids.length, new Set(ids).size]).toEqual([30, 30])
    })

    test('outbox: nothing is claimed for paused, disabled or deleted endpoints', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const states = ['paused', 'disabled_gone', 'disabled_failing'] as const
      const endpoints = await Promise.all(states.map(() => createEndpoint(store)))
      const deleted = await createEndpoint(store)
      await touch(store, license.id)
      for (const [index, endpoint] of endpoints.entries()) {
        await changeEndpoint(store, endpoint, { state: states[index] ?? 'paused' })
      }
      await deleteEndpoint(store, deleted)
      expect(await claim(store)).toEqual([])
    })

    test('outbox: the least busy endpoint comes first, each up to its maximum', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const touchTimes = (length: number) =>
        Promise.all(Array.from({ length }, () => touch(store, license.id)))
      await createEndpoint(store)
      await touchTimes(4)
      expect(await claim(store, { perEndpointMax: 4 })).toHaveLength(4)
      const busy = await createEndpoint(store)
      await touchTimes(2)
      expect(endpointsOf(await claim(store, { perEndpointMax: 4 }))).toEqual([busy.id, busy.id])
      const idle = await createEndpoint(store)
      await touchTimes(6)
      const claimed = await claim(store, { perEndpointMax: 4, totalMax: 5 })
      expect(endpointsOf(claimed)).toEqual([idle.id, idle.id, idle.id, idle.id, busy.id])
    })

    test('outbox: the attempts of all processes count as under way, until they end', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await createEndpoint(store)
      await Promise.all(Array.from({ length: 9 }, () => touch(store, license.id)))
      const other = opened.openAnother()
      const perEndpointMax = 3
      const claimed = await claim(other, { instanceId: 'other', perEndpointMax })
      expect(sequencesOf(claimed)).toEqual([2, 3, 4])
      expect(await claim(store, { perEndpointMax })).toEqual([])
      for (const one of claimed.slice(0, 2)) await endTry(other, one, 200)
      expect(sequencesOf(await claim(store, { perEndpointMax }))).toEqual([5, 6])
      const later = await claim(store, { perEndpointMax, nowMs: startMs + LEASE_MS })
      expect(sequencesOf(later)).toEqual([4, 5, 6])
    })

    test('outbox: a failing endpoint gets one attempt at a time, and none if room is scarce', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await createEndpoint(store, { failingSinceMs: startMs })
      await Promise.all(Array.from({ length: 3 }, () => touch(store, license.id)))
      expect(await claim(store)).toHaveLength(1)
      expect(await claim(store)).toEqual([])
      const healthy = await createEndpoint(store)
      await touch(store, license.id)
      const crowded = await claim(store, { failingMax: 0 })
      expect(crowded.map((one) => one.endpoint.id)).toEqual([healthy.id])
      for (let count = 0; count < 3; count += 1) {
        await createEndpoint(store, { failingSinceMs: startMs })
      }
      await touch(store, license.id)
      const claimed = await claim(store, { failingMax: 2 })
      expect(claimed.filter((one) => one.endpoint.id !== healthy.id)).toHaveLength(2)
    })

    test('outbox: released deliveries can be claimed again', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await createEndpoint(store)
      await touch(store, license.id)
      await claim(store)
      await store.outbox.release('two')
      expect(await claim(store)).toEqual([])
      await store.outbox.release('one')
      expect(await claim(store)).toHaveLength(1)
    })

    test('outbox: a commit reports new due deliveries and nothing else', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      let wakings = 0
      store.subscribe(({ touchesOutbox }) => {
        if (touchesOutbox) wakings += 1
      })
      await touch(store, license.id)
      expect(wakings).toBe(0)
      await createEndpoint(store)
      await touch(store, license.id)
      expect(wakings).toBe(2)
      const claimed = await claimOne(store)
      await endTry(store, claimed, 200)
      expect(wakings).toBe(2)
      await store.deliveries.change(claimed.delivery.id, contextAt(), (current) =>
        decideRetry(current, startMs),
      )
      expect(wakings).toBe(3)
    })
  })

  test('a deleted endpoint and its deliveries are not found, and their rows are deleted in steps', async () => {
    await using opened = await openStore()
    const { store } = opened
    const { license } = await issueOne(store)
    const endpoint = await createEndpoint(store)
    const kept = await createEndpoint(store)
    await Promise.all(Array.from({ length: 3 }, () => touch(store, license.id)))
    const { data } = await store.deliveries.list(endpoint.id, firstPage)
    await deleteEndpoint(store, endpoint)
    expect(await store.endpoints.find(endpoint.id)).toBe(null)
    expect(await readAllPages((page) => store.endpoints.list(page), 1)).toEqual([kept])
    expect(await store.deliveries.find(data[0]?.delivery.id ?? '')).toBe(null)
    expect(await store.maintenance.cleanUp(startMs, 2)).toBe(2)
    expect(await store.maintenance.cleanUp(startMs, 2)).toBe(1)
    expect((await store.deliveries.list(endpoint.id, firstPage)).data).toEqual([])
    expect((await store.deliveries.list(kept.id, firstPage)).data).toHaveLength(3)
  })
}
