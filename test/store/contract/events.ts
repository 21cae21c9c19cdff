import { describe, expect, test } from 'bun:test'
import type { EventRecord } from '~/domain/events.ts'
import { Fault } from '~/domain/faults.ts'
import { nextTurn } from '~/turns.ts'
import { createId, startMs } from '../../support/samples.ts'
import {
  contextAt,
  createCatalog,
  decision,
  firstPage,
  issue,
  issueOne,
  next,
  type OpenStore,
  readAllPages,
  touch,
} from './stores.ts'

export function eventsContract(openStore: OpenStore): void {
  describe('events', () => {
    test('events: appended with their change, and not if it is refused', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await touch(store, license.id, startMs + 5)
      const refused = store.licenses.change(license.id, { intent: 'none' }, contextAt(), () => {
        throw new Fault('invalid_transition', 'No.')
      })
      await expect(refused).rejects.toThrow()
      const { data } = await store.events.list({ licenseId: license.id }, firstPage)
      expect(data).toMatchObject([
        { type: 'license.updated', sequence: 2, timestampMs: startMs + 5 },
        { type: 'license.created', sequence: 1, timestampMs: startMs },
      ])
    })

    test('events: those of a new license are numbered from 1, and later ones continue', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const [one, other] = await issue(store, { domains: ['a.com', 'b.com'] }, {})
      for (const { license } of [one, other].filter((record) => record !== undefined)) {
        await touch(store, license.id)
        const { data } = await store.events.list({ licenseId: license.id }, firstPage)
        const count = license.domainsUsed + 2
        expect(data.map(({ sequence }) => sequence)).toEqual(
          Array.from({ length: count }, (_, index) => count - index),
        )
        expect((await store.licenses.find(license.id))?.license).toMatchObject({
          ...license,
          ...next(2),
          updatedAtMs: expect.any(Number),
        })
      }
      expect([one?.domains, other?.domains]).toEqual([['a.com', 'b.com'], []])
    })

    test('events: a reader that goes on after the last one misses none, while processes write', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const records = await issue(store, {}, {}, {})
      const licenseIds = records.map(({ license }) => license.id)
      const stores = [store, opened.openAnother()]
      const { data: created } = await store.events.list({}, firstPage)
      const [newest] = created
      let isWriting = true
      const touches = Array.from({ length: 120 }, (_, index) =>
        touch(stores[index % 2] ?? store, licenseIds[index % 3] ?? ''),
      )
      const writing = Promise.all(touches).then(() => {
        isWriting = false
      })
      const read: EventRecord[] = []
      for (let isLast = false; !isLast; ) {
        isLast = !isWriting
        const afterEventId = read.at(-1)?.id ?? newest?.id ?? ''
        const { data } = await store.events.list({ afterEventId }, { limit: 7, after: null })
        read.push(...data)
        isLast &&= data.length === 0
        await nextTurn()
      }
      await writing
      expect(new Set(read.map(({ id }) => id)).size).toBe(120)
      expect(read).toHaveLength(120)
      for (const licenseId of licenseIds) {
        const sequences = read.filter((event) => event.licenseId === licenseId)
        expect(sequences.map(({ sequence }) => sequence)).toEqual(
          Array.from({ length: 40 }, (_, index) => index + 2),
        )
      }
    })

    test('events: a change is undone if its event cannot be written', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const licenseId = license.id
      const failing = store.licenses.change(licenseId, { intent: 'none' }, contextAt(), () =>
        decision(
          null,
          [
            { type: 'license.update', licenseId, set: { version: 9 } },
            { type: 'license.update', licenseId, set: { planSlug: 'there is no such plan' } },
          ],
          [{ type: 'license.updated', licenseId }],
        ),
      )
      await expect(failing).rejects.toThrow()
      expect((await store.licenses.find(licenseId))?.license).toEqual(license)
      expect((await store.events.list({ licenseId }, firstPage)).data).toHaveLength(1)
    })

    test('events: listed in commit order even if the clock goes back', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const times = [startMs + 9000, startMs - 9000, startMs]
      for (const timeMs of times) await touch(store, license.id, timeMs)
      const { data } = await store.events.list({ types: ['license.updated'] }, firstPage)
      expect(data.map(({ timestampMs }) => timestampMs)).toEqual(times.toReversed())
      expect(data.map(({ sequence }) => sequence)).toEqual([4, 3, 2])
    })

    test('events: contain the license before and after the change', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await touch(store, license.id)
      await touch(store, license.id)
      const { data } = await store.events.list({ licenseId: license.id }, firstPage)
      expect(data.map((event) => JSON.parse(event.data))).toMatchObject([
        { before: 2, after: 3, sequence: 3 },
        { before: 1, after: 2, sequence: 2 },
        { before: null, after: 1, sequence: 1 },
      ])
    })

    test('events: the sequence per license has no gaps under concurrency', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const ids = (await issue(store, {}, {})).map(({ license }) => license.id)
      await Promise.all(Array.from({ length: 40 }, (_, i) => touch(store, ids[i % 2] ?? '')))
      for (const licenseId of ids) {
        const events = await readAllPages((page) => store.events.list({ licenseId }, page), 7)
        const sequences = events.map(({ sequence }) => sequence).toReversed()
        expect(sequences).toEqual(Array.from({ length: 21 }, (_, index) => index + 1))
      }
    })

    test('events: in the order of the decision', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const types = ['license.activated', 'license.updated', 'license.renewed'] as const
      await store.licenses.change(license.id, { intent: 'none' }, contextAt(), () =>
        decision(
          null,
          [],
          types.map((type) => ({ type, licenseId: license.id })),
        ),
      )
      const { data } = await store.events.list({ types }, firstPage)
      expect(data.map(({ type }) => type)).toEqual(types.toReversed())
      expect(new Set(data.map(({ id }) => id)).size).toBe(3)
    })

    test('events: no sequence without a license', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await store.licenses.change(license.id, { intent: 'none' }, contextAt(), () =>
        decision(null, [], [{ type: 'customer.erased', licenseId: null }]),
      )
      const { data } = await store.events.list({ types: ['customer.erased'] }, firstPage)
      expect(data).toMatchObject([{ licenseId: null, sequence: null }])
    })

    test('events: filtered by license, by type, and by both', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const [one = '', other = ''] = (await issue(store, {}, {})).map(({ license }) => license.id)
      await touch(store, one)
      await touch(store, other, startMs, 'license.renewed')
      const typesOf = async (filter: Parameters<typeof store.events.list>[0]) =>
        (await store.events.list(filter, firstPage)).data.map(({ type }) => type)
      expect(await typesOf({ licenseId: one })).toEqual(['license.updated', 'license.created'])
      expect(await typesOf({ types: ['license.renewed'] })).toEqual(['license.renewed'])
      expect(await typesOf({ licenseId: one, types: ['license.renewed'] })).toEqual([])
      const several = ['license.renewed', 'license.updated', 'license.revoked']
      expect(await typesOf({ types: several })).toEqual(['license.renewed', 'license.updated'])
      const { data: all } = await store.events.list({}, firstPage)
      const afterEventId = all.find(({ type }) => type === 'license.updated')?.id ?? ''
      expect(await typesOf({ types: several, afterEventId })).toEqual(['license.renewed'])
      expect(await typesOf({ types: [] })).toEqual([])
      expect(await typesOf({ licenseId: createId('lic') })).toEqual([])
    })

    test('events: pages are newest first and stable while events are appended', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      for (let index = 0; index < 4; index += 1) await touch(store, license.id)
      const first = await store.events.list({}, { limit: 2, after: null })
      await touch(store, license.id)
      const rest = await readAllPages(
        (page) => store.events.list({}, { ...page, after: page.after ?? first.nextAfter }),
        2,
      )
      const sequences = [...first.data, ...rest].map(({ sequence }) => sequence)
      expect(sequences).toEqual([5, 4, 3, 2, 1])
    })
  })
}
