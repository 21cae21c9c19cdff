import { describe, expect, test } from 'bun:test'
import type { Endpoint } from '~/domain/endpoints.ts'
import type { ClaimedDelivery } from '~/store/outbox-port.ts'
import type { Store } from '~/store/port.ts'
import { startMs } from '../../support/samples.ts'
import { changeEndpoint, claim, createEndpoint, deleteEndpoint } from './outbox.ts'
import {
  contextAt,
  createCatalog,
  decision,
  issue,
  type OpenStore,
  readAllPages,
  touch,
} from './stores.ts'

const LICENSES = 60

/** Issues licenses, before there are endpoints, and returns a function that touches all of them at once. */
async function issueMany(store: Store) {
  await createCatalog(store)
  const issued = await issue(store, ...Array.from({ length: LICENSES }, () => ({})))
  const ids = issued.map(({ license }) => license.id)
  const touchAll = () =>
    store.licenses.changeMany({ ids }, LICENSES, contextAt(), ({ license: { id, version } }) =>
      decision(
        null,
        [{ type: 'license.update', licenseId: id, set: { version: version + 1 } }],
        [{ type: 'license.updated', licenseId: id }],
      ),
    )
  return { ids, touchAll }
}

const createEndpoints = (store: Store, count: number) =>
  Promise.all(Array.from({ length: count }, () => createEndpoint(store)))

const countDeliveries = async (store: Store, { id }: Endpoint) =>
  (await readAllPages((page) => store.deliveries.list(id, page), 100)).length

async function claimAll(store: Store): Promise<ClaimedDelivery[]> {
  const all: ClaimedDelivery[] = []
  for (;;) {
    const claimed = await claim(store, { totalMax: 5000, perEndpointMax: 5000 })
    if (claimed.length === 0) return all
    all.push(...claimed)
  }
}

const pairsOf = (claimed: readonly ClaimedDelivery[]) =>
  new Set(claimed.map(({ endpoint, event }) => `${endpoint.id} ${event.id}`))

export function fanOutContract(openStore: OpenStore): void {
  describe('deliveries of a large command', () => {
    test('fan-out: every endpoint gets every event once, in commit order, in many small transactions', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { ids, touchAll } = await issueMany(store)
      await createEndpoints(store, 20)
      await touchAll()
      await touch(store, ids[0] ?? '')
      expect((await store.outbox.measure()).pending).toBe(20 * (LICENSES + 1))
      let commits = 0
      store.subscribe(() => {
        commits += 1
      })
      const claimed = await claimAll(store)
      const total = 20 * (LICENSES + 1)
      expect([claimed.length, pairsOf(claimed).size]).toEqual([total, total])
      expect(commits).toBeGreaterThanOrEqual(total / 100 - 1)
      const first = claimed.filter(({ event }) => event.licenseId === ids[0])
      const sequences = Map.groupBy(first, ({ endpoint }) => endpoint.id)
      for (const events of sequences.values()) {
        expect(events.map(({ event }) => event.sequence)).toEqual([2, 3])
      }
    })

    test('fan-out: the endpoints are those at the commit, whatever changes before the deliveries exist', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { touchAll } = await issueMany(store)
      const endpoints = {
        kept: await createEndpoint(store),
        paused: await createEndpoint(store, { state: 'paused' }),
        other: await createEndpoint(store, { events: ['license.created'] }),
        narrowed: await createEndpoint(store),
        disabled: await createEndpoint(store),
      }
      const deleted = await createEndpoint(store)
      await touchAll()
      await changeEndpoint(store, endpoints.narrowed, { events: ['license.created'] })
      await changeEndpoint(store, endpoints.other, { events: ['*'] })
      await changeEndpoint(store, endpoints.disabled, { state: 'disabled_gone' })
      await deleteEndpoint(store, deleted)
      const later = await createEndpoint(store)
      const counts = await Promise.all(
        Object.entries({ ...endpoints, later }).map(async ([name, endpoint]) => [
          name,
          await countDeliveries(store, endpoint),
        ]),
      )
      expect(Object.fromEntries(counts)).toEqual({
        kept: LICENSES,
        paused: LICENSES,
        other: 0,
        narrowed: LICENSES,
        disabled: LICENSES,
        later: 0,
      })
      const receivers = new Set((await claimAll(store)).map(({ endpoint }) => endpoint.id))
      expect(receivers).toEqual(new Set([endpoints.kept.id, endpoints.narrowed.id]))
    })

    test('fan-out: what is left is created after the store is reopened', async () => {
      await using opened = await openStore()
      const { touchAll } = await issueMany(opened.store)
      await createEndpoints(opened.store, 4)
      await touchAll()
      const store = await opened.reopen()
      expect(pairsOf(await claimAll(store)).size).toBe(4 * LICENSES)
    })

    test('fan-out: a recovery before the deliveries exist counts none as missed', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { touchAll } = await issueMany(store)
      const [endpoint] = await createEndpoints(store, 3)
      await touchAll()
      const recovery = await store.outbox.recover(endpoint?.id ?? '', startMs, contextAt())
      // The endpoint missed only the events from before it was created.
      expect(recovery).toEqual({ recovered: LICENSES })
      const claimed = await claimAll(store)
      expect([claimed.length, pairsOf(claimed).size]).toEqual([4 * LICENSES, 4 * LICENSES])
    })

    test('fan-out: a recovery of an endpoint that does not exist changes nothing', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { touchAll } = await issueMany(store)
      await createEndpoints(store, 3)
      await touchAll()
      let changes = 0
      store.subscribe(({ touchesOutbox }) => {
        if (touchesOutbox) changes += 1
      })
      expect(await store.outbox.recover('whk_none', startMs, contextAt())).toBeNull()
      expect(changes).toBe(0)
    })

    test('fan-out: many small commands that wait together write a limited number of deliveries', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { ids } = await issueMany(store)
      await createEndpoints(store, 50)
      const [id = ''] = ids
      await Promise.all(ids.map(() => touch(store, id)))
      // Without a claim, only what one transaction writes directly can be claimed at once.
      const firstClaim = await claim(store, { totalMax: 5000, perEndpointMax: 5000 })
      expect(firstClaim.length).toBeLessThanOrEqual(200)
      const claimed = [...firstClaim, ...(await claimAll(store))]
      expect(pairsOf(claimed).size).toBe(50 * LICENSES)
    })

    test('fan-out: nothing is delivered of a large command that is refused', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { ids } = await issueMany(store)
      await createEndpoints(store, 4)
      const failing = store.licenses.changeMany({ ids }, LICENSES, contextAt(), ({ license }) => {
        if (license.id === ids.at(-1)) throw new Error('No.')
        return decision(null, [], [{ type: 'license.updated', licenseId: license.id }])
      })
      await expect(failing).rejects.toThrow('No.')
      expect(await claimAll(store)).toEqual([])
    })
  })
}
