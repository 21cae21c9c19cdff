import { describe, expect, test } from 'bun:test'
import type { Activation } from '~/domain/activations.ts'
import { buildEdge, type Edge } from '~/domain/edges.ts'
import { Fault } from '~/domain/faults.ts'
import { DAY_MS, HOUR_MS } from '~/domain/times.ts'
import type { Commit, Store } from '~/store/port.ts'
import { aDevice, buildCreation, createId, startMs } from '../../support/samples.ts'
import { readLatest } from './changes.ts'
import { apply, contextAt, firstPage, issueOne, type OpenStore, readAllPages } from './stores.ts'

const anEdge = (name: string): Edge =>
  buildEdge({ id: createId('edge'), name, createdAtMs: startMs })

async function createEdge(store: Store, name = 'eu-1'): Promise<Edge> {
  return store.edges.create(anEdge(name), `token hash of ${name}`, contextAt())
}

const revoke = (store: Store, { id }: Edge, nowMs = startMs) =>
  store.edges.change(id, contextAt(nowMs), () => null)

const kindOf = (error: unknown) => (error instanceof Fault ? error.kind : error)

export function edgesContract(openStore: OpenStore): void {
  describe('edges', () => {
    test('edges: found by id, by name and by the hash of the token, and listed newest first', async () => {
      await using opened = await openStore()
      const { store } = opened
      const edges: Edge[] = []
      for (const name of ['eu-1', 'us-1', 'ap-1']) edges.push(await createEdge(store, name))
      const [first] = edges
      expect(await store.edges.find(first?.id ?? '')).toEqual(first ?? null)
      expect(await store.edges.findByName('eu-1')).toEqual(first ?? null)
      expect(await store.edges.findByToken('token hash of eu-1')).toEqual(first ?? null)
      expect(await store.edges.find('token hash of eu-1')).toBeNull()
      expect(await store.edges.findByToken(first?.id ?? '')).toBeNull()
      expect(await readAllPages(store.edges.list, 2)).toEqual(edges.toReversed())
    })

    test('edges: a name is taken until its edge is revoked', async () => {
      await using opened = await openStore()
      const { store } = opened
      const edge = await createEdge(store)
      const other = await createEdge(store, 'us-1')
      const again = store.edges.create(anEdge('eu-1'), 'another', contextAt())
      expect(await again.catch(kindOf)).toBe('already_exists')
      const rename = store.edges.change(other.id, contextAt(), (given) => ({
        ...given,
        name: 'eu-1',
      }))
      expect(await rename.catch(kindOf)).toBe('already_exists')
      await revoke(store, edge)
      expect((await store.edges.create(anEdge('eu-1'), 'another', contextAt())).name).toBe('eu-1')
    })

    test('edges: a revoked edge is gone at once, even if it was just read', async () => {
      await using opened = await openStore()
      const { store } = opened
      const edge = await createEdge(store)
      await store.edges.findByToken('token hash of eu-1')
      expect((await revoke(store, edge))?.id).toBe(edge.id)
      expect(await store.edges.findByToken('token hash of eu-1')).toBeNull()
      expect(await store.edges.find(edge.id)).toBeNull()
      expect(await store.edges.findByName('eu-1')).toBeNull()
      expect((await store.edges.list(firstPage)).data).toEqual([])
      expect(await revoke(store, edge)).toBeNull()
    })

    test('edges: a revoked edge is among all edges for longer than it may answer', async () => {
      await using opened = await openStore()
      const { store } = opened
      const edge = await createEdge(store)
      await store.edges.recordPoll(edge.id, { atMs: startMs, staleMs: HOUR_MS })
      await revoke(store, edge, startMs + 5)
      const listed = { id: edge.id, staleMs: HOUR_MS, revokedAtMs: startMs + 5 }
      await store.maintenance.cleanUp(startMs + HOUR_MS + DAY_MS, 100)
      expect(await store.edges.listAll()).toMatchObject([listed])
      await store.maintenance.cleanUp(startMs + 5 + HOUR_MS + DAY_MS, 100)
      expect(await store.edges.listAll()).toEqual([])
    })

    test('edges: the clean-up keeps edges that were not revoked', async () => {
      await using opened = await openStore()
      const edge = await createEdge(opened.store)
      await opened.store.maintenance.cleanUp(startMs + 1000 * DAY_MS, 100)
      expect(await opened.store.edges.listAll()).toEqual([edge])
    })

    test('edges: commands on edges are recorded without the token, and reported to caches', async () => {
      await using opened = await openStore()
      const { store } = opened
      const commits: Commit[] = []
      store.subscribe((commit) => commits.push(commit))
      const edge = await createEdge(store)
      await store.edges.change(edge.id, contextAt(), (given) => ({ ...given, name: 'eu-2' }))
      await revoke(store, edge)
      expect(commits.map(({ touchesEdges }) => touchesEdges)).toEqual([true, true, true])
      const { data } = await store.audit.list({}, firstPage)
      expect(data.map(({ action, before, after }) => [action, before, after]).toReversed()).toEqual(
        [
          ['edge.create', null, { name: 'eu-1' }],
          ['edge.update', { name: 'eu-1' }, { name: 'eu-2' }],
          ['edge.revoke', { name: 'eu-2' }, null],
        ],
      )
      expect(JSON.stringify(data)).not.toContain('token hash')
    })

    test('edges: a change that changes nothing is not recorded', async () => {
      await using opened = await openStore()
      const { store } = opened
      const edge = await createEdge(store)
      const position = await readLatest(store)
      expect(await store.edges.change(edge.id, contextAt(), (given) => given)).toEqual(edge)
      expect(await readLatest(store)).toBe(position)
    })
  })

  describe('polls of an edge', () => {
    async function openWithEdge() {
      const opened = await openStore()
      const edge = await createEdge(opened.store)
      /** Reads what is on disk, like another process. */
      const another = opened.openAnother()
      const readStored = async () => {
        const found = await another.edges.find(edge.id)
        return [found?.lastPolledAtMs, found?.staleMs, found?.usageUntilMs]
      }
      const poll = (afterMs: number, staleMs: number) =>
        opened.store.edges.recordPoll(edge.id, { atMs: startMs + afterMs, staleMs })
      return { ...opened, edge, readStored, poll }
    }

    test('polls of an edge: the first one is on disk at once, and usage counts from it', async () => {
      await using opened = await openWithEdge()
      expect(await opened.readStored()).toEqual([null, 0, null])
      await opened.poll(7, HOUR_MS)
      expect(await opened.readStored()).toEqual([startMs + 7, HOUR_MS, startMs + 7])
    })

    test('polls of an edge: written at most once a minute, unless the stale time changes', async () => {
      await using opened = await openWithEdge()
      const { poll, readStored } = opened
      await poll(0, HOUR_MS)
      await poll(50_000, HOUR_MS)
      expect(await readStored()).toEqual([startMs, HOUR_MS, startMs])
      await poll(51_000, 0)
      expect(await readStored()).toEqual([startMs + 51_000, 0, startMs])
      await poll(111_000, 0)
      expect(await readStored()).toEqual([startMs + 111_000, 0, startMs])
    })

    test('polls of an edge: one that was revoked or never existed is ignored', async () => {
      await using opened = await openWithEdge()
      const { store, edge } = opened
      await store.edges.recordPoll('edge_unknown', { atMs: startMs, staleMs: 0 })
      await revoke(store, edge)
      await opened.poll(5, 0)
      expect((await store.edges.list(firstPage)).data).toEqual([])
    })

    test('polls of an edge: they change no position', async () => {
      await using opened = await openWithEdge()
      const { store, poll, edge } = opened
      const position = await readLatest(store)
      await poll(0, 0)
      await store.edges.recordUsage(edge.id, { untilMs: startMs + 1, seen: [] })
      expect(await readLatest(store)).toBe(position)
    })
  })

  describe('usage of an edge', () => {
    async function openWithDevice() {
      const opened = await openStore()
      const { store } = opened
      const edge = await createEdge(store)
      const snapshot = await issueOne(store, { evictIdleDays: 30, maxDevices: 1 })
      const device = { ...aDevice(snapshot, 'machine'), lastSeenAtMs: startMs - 40 * DAY_MS }
      await apply(store, snapshot.license.id, [buildCreation(device)])
      const seen = (afterMs: number, one: Activation = device) =>
        [one.id, startMs + afterMs] as const
      const report = (untilMs: number, ...entries: ReturnType<typeof seen>[]) =>
        store.edges.recordUsage(edge.id, { untilMs: startMs + untilMs, seen: entries })
      const poll = (one = edge, afterMs = 0) =>
        store.edges.recordPoll(one.id, { atMs: startMs + afterMs, staleMs: 0 })
      const readLastSeen = async () =>
        ((await store.activations.list(device.licenseId, firstPage)).data[0]?.lastSeenAtMs ?? 0) -
        startMs
      /** Returns the device that a new one would replace. */
      const findIdle = async () => {
        const query = { intent: 'validate', fingerprint: 'new' } as const
        return (await store.validations.findActivationState(snapshot, query)).idleDevice
      }
      return { ...opened, edge, device, seen, report, poll, readLastSeen, findIdle }
    }

    test('usage of an edge: the time up to which it has arrived only rises', async () => {
      await using opened = await openWithDevice()
      const { store, edge, report } = opened
      const readUntil = async () => ((await store.edges.find(edge.id))?.usageUntilMs ?? 0) - startMs
      await opened.poll()
      for (const [untilMs, kept] of [
        [5, 5],
        [3, 5],
        [9, 9],
      ] as const) {
        await report(untilMs)
        expect(await readUntil()).toBe(kept)
      }
    })

    test('usage of an edge: the times at which activations were seen rise by an hour or more, and never fall', async () => {
      await using opened = await openWithDevice()
      const { report, seen, readLastSeen } = opened
      await report(0, seen(-2 * HOUR_MS))
      expect(await readLastSeen()).toBe(-2 * HOUR_MS)
      await report(0, seen(-HOUR_MS - 1), seen(-3 * HOUR_MS))
      expect(await readLastSeen()).toBe(-2 * HOUR_MS)
      await report(0, seen(-HOUR_MS))
      expect(await readLastSeen()).toBe(-HOUR_MS)
    })

    test('usage of an edge: one that reports usage and never polls, as a handler does, delays no eviction', async () => {
      await using opened = await openWithDevice()
      const { store, device, report, seen, findIdle } = opened
      await report(-startMs, seen(0, { ...device, id: 'act_gone' }))
      expect((await store.edges.findByName('eu-1'))?.usageUntilMs).toBeNull()
      expect((await findIdle())?.id).toBe(device.id)
    })

    test('usage of an edge: an activation or an edge that is gone is ignored', async () => {
      await using opened = await openWithDevice()
      const { store, edge, device, report, seen, readLastSeen } = opened
      await revoke(store, edge)
      await report(5, seen(0, { ...device, id: 'act_gone' }), seen(0))
      expect(await readLastSeen()).toBe(0)
    })

    test('usage of an edge: a time from when the clock was ahead is corrected', async () => {
      await using opened = await openWithDevice()
      const { store, report, findIdle } = opened
      await opened.poll(opened.edge, -20 * DAY_MS)
      await report(365 * DAY_MS)
      for await (const _corrected of store.maintenance.correctTimes(startMs - 20 * DAY_MS));
      expect((await store.edges.findByName('eu-1'))?.usageUntilMs).toBe(startMs - 20 * DAY_MS)
      expect(await findIdle()).toBeNull()
    })

    test('usage of an edge: thousands of activations are written together', async () => {
      await using opened = await openWithDevice()
      const { device, report, seen, readLastSeen } = opened
      const gone = Array.from({ length: 3000 }, (_, index) =>
        seen(0, { ...device, id: `act_${index}` }),
      )
      await report(5, ...gone, seen(0))
      expect(await readLastSeen()).toBe(0)
    })

    test('idle activations: evicted although there is an edge, if it has never polled', async () => {
      await using opened = await openWithDevice()
      expect((await opened.findIdle())?.id).toBe(opened.device.id)
    })

    test('idle activations: not evicted while an edge may have seen them and not reported it', async () => {
      await using opened = await openWithDevice()
      const { store, device, poll, report, findIdle } = opened
      const idleFromMs = -10 * DAY_MS
      await poll(opened.edge, idleFromMs - 1)
      expect(await findIdle()).toBeNull()
      await report(idleFromMs)
      expect((await findIdle())?.id).toBe(device.id)
      const slow = await createEdge(store, 'slow')
      await poll(slow, idleFromMs - DAY_MS)
      expect(await findIdle()).toBeNull()
      await revoke(store, slow)
      expect((await findIdle())?.id).toBe(device.id)
    })

    test('idle activations: one that an edge has seen is not idle', async () => {
      await using opened = await openWithDevice()
      const { poll, report, seen, findIdle, device } = opened
      await poll(opened.edge, -20 * DAY_MS)
      await report(0, seen(-DAY_MS))
      expect(await findIdle()).toMatchObject({ id: device.id, lastSeenAtMs: startMs - DAY_MS })
    })
  })
}
