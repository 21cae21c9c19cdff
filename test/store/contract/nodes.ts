import { describe, expect, test } from 'bun:test'
import type { Commit, Store } from '~/store/port.ts'
import { createId, startMs } from '../../support/samples.ts'
import { claim, createEndpoint } from './outbox.ts'
import { contextAt, issueOne, type OpenStore, touch } from './stores.ts'

const MINUTE_MS = 60_000

/** Writes one delivery, one mail and one event of checkout that are due. */
async function createWork(store: Store): Promise<void> {
  const { license } = await issueOne(store)
  await createEndpoint(store)
  await touch(store, license.id)
  await store.mails.create(license.id, contextAt(), () => ({ kind: 'key', licenseId: license.id }))
  const id = createId('chk')
  const source = { provider: 'stripe', endpointLabel: null, key: id, type: null } as const
  const event = { id, ...source, bodySealed: 'sealed', receivedAtMs: startMs }
  await store.checkout.events.accept(event, contextAt())
}

/** Claims all of them as this process. Returns how many. */
async function claimWork(store: Store, instanceId: string): Promise<number> {
  const lease = { instanceId, nowMs: startMs, claimedUntilMs: startMs + MINUTE_MS, max: 9 }
  const claimed = [
    await claim(store, { instanceId }),
    await store.mails.claim(lease),
    await store.checkout.events.claim(lease),
  ]
  return claimed.flat().length
}

export function nodesContract(openStore: OpenStore): void {
  describe('nodes', () => {
    test('nodes: when a server has ended, others take over what it has claimed', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createWork(store)
      await store.nodes.beat('ended')
      expect(await claimWork(store, 'ended')).toBe(3)
      await store.nodes.beat('new')
      expect(await claimWork(store, 'new')).toBe(0)
      expect(await store.nodes.endSilent('new', 0)).toBe(1)
      expect(await claimWork(store, 'new')).toBe(3)
      expect(await store.nodes.endSilent('new', 0)).toBe(0)
      expect(await claimWork(store, 'other')).toBe(0)
    })

    test('nodes: a server that is alive keeps its claims when another one starts', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createWork(store)
      await store.nodes.beat('alive')
      expect(await claimWork(store, 'alive')).toBe(3)
      const other = opened.openAnother()
      await other.nodes.beat('new')
      expect(await other.nodes.endSilent('new', MINUTE_MS)).toBe(0)
      expect(await claimWork(other, 'new')).toBe(0)
    })

    test('nodes: the claims of a command beside a server end by time alone', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createWork(store)
      expect(await claimWork(store, 'command')).toBe(3)
      await store.nodes.beat('new')
      await store.nodes.endSilent('new', 0)
      expect(await claimWork(store, 'new')).toBe(0)
      const nowMs = startMs + MINUTE_MS
      expect(await claim(store, { instanceId: 'new', nowMs })).toHaveLength(1)
    })

    test('nodes: a server that stops releases its claims, and wakes the others', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createWork(store)
      await store.nodes.beat('stopping')
      await claimWork(store, 'stopping')
      const commits: Commit[] = []
      store.subscribe((commit) => commits.push(commit))
      await store.nodes.end('stopping')
      expect(commits).toMatchObject([
        { touchesOutbox: true, touchesMails: true, touchesCheckout: true },
      ])
      expect(await claimWork(store, 'new')).toBe(3)
    })
  })

  describe('leases', () => {
    const lease = (holder: string) => ({ name: 'a job', holder, forMs: MINUTE_MS })

    test('leases: of many processes, one gets a lease and keeps it', async () => {
      await using opened = await openStore()
      const { store } = opened
      const stores = [store, opened.openAnother(), opened.openAnother()]
      const holders = Array.from({ length: 12 }, (_, index) => `holder ${index}`)
      const takeAll = () =>
        Promise.all(
          holders.map((holder, index) =>
            (stores[index % stores.length] ?? store).leases.take(lease(holder)),
          ),
        )
      const taken = await takeAll()
      expect(taken.filter((isTaken) => isTaken)).toHaveLength(1)
      expect(await takeAll()).toEqual(taken)
      expect(await store.leases.take({ ...lease('holder'), name: 'another job' })).toBe(true)
    })

    test('leases: a lease that its holder releases is free, and one that others release is not', async () => {
      await using opened = await openStore()
      const { store } = opened
      await store.leases.take(lease('one'))
      await store.leases.release('a job', 'two')
      expect(await store.leases.take(lease('two'))).toBe(false)
      await store.leases.release('a job', 'one')
      expect(await store.leases.take(lease('two'))).toBe(true)
    })

    test('leases: a lease that was taken over cannot be extended by its former holder', async () => {
      await using opened = await openStore()
      const { store } = opened
      await store.leases.take(lease('one'))
      await store.leases.takeOver(lease('two'))
      expect(await store.leases.take(lease('one'))).toBe(false)
      expect(await store.leases.take(lease('two'))).toBe(true)
    })

    test('leases: those of a server that has ended are free, but not those of others', async () => {
      await using opened = await openStore()
      const { store } = opened
      for (const id of ['ended', 'alive']) {
        await store.nodes.beat(id)
        await store.leases.take({ ...lease(id), name: id })
      }
      await store.nodes.end('ended')
      expect(await store.leases.take({ ...lease('new'), name: 'ended' })).toBe(true)
      expect(await store.leases.take({ ...lease('new'), name: 'alive' })).toBe(false)
    })
  })
}
