import { describe, expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import type { StoredResponse } from '~/store/idempotency-port.ts'
import type { Changed, Store } from '~/store/port.ts'
import { takeOneStep } from '~/turns.ts'
import { startMs } from '../../support/samples.ts'
import {
  contextOnce,
  decision,
  firstPage,
  issueOne,
  next,
  type OpenStore,
  Replayed,
} from './stores.ts'

const expiresAtMs = startMs + 1000

const storing = <Result>(render: (result: Result) => string) =>
  contextOnce<Result>((result) => takeOneStep(() => render(result)))

/** Increments the version with an event, and stores the version as the response. */
function touchOnce(store: Store, licenseId: string, nowMs = startMs) {
  const context = storing(({ license }: Changed<null>) => `version ${license.version}`)
  return store.licenses.change(
    licenseId,
    { intent: 'none' },
    { ...context, nowMs },
    ({ license }) =>
      decision(
        null,
        [{ type: 'license.update', licenseId, set: next(license.version + 1) }],
        [{ type: 'license.updated', licenseId }],
      ),
  )
}

/** Returns the responses of commands that were rejected because they had run before. */
function replaysIn(outcomes: readonly PromiseSettledResult<unknown>[]): StoredResponse[] {
  return outcomes.flatMap((outcome) => {
    if (outcome.status === 'fulfilled') return []
    if (outcome.reason instanceof Replayed) return [outcome.reason.stored]
    throw outcome.reason
  })
}

export function idempotencyContract(openStore: OpenStore): void {
  describe('stored responses', () => {
    test('stored responses: rendered from the written result, and stored until they expire', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await touchOnce(store, license.id)
      const response = { bodyHash: 'body', sealedResponse: 'version 2' }
      expect(await store.storedResponses.find('key', expiresAtMs - 1)).toEqual(response)
      expect(await store.storedResponses.find('key', expiresAtMs)).toBeNull()
      expect(await store.storedResponses.find('other key', startMs)).toBeNull()
      expect(await (await opened.reopen()).storedResponses.find('key', startMs)).toEqual(response)
    })

    test('stored responses: none if the command fails, finds nothing, or cannot be rendered', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const refused = store.licenses.change(license.id, { intent: 'none' }, storing(String), () => {
        throw new Fault('invalid_transition', 'No.')
      })
      await expect(refused).rejects.toThrow()
      await store.licenses.change('lic_none', { intent: 'none' }, storing(String), () =>
        decision(null),
      )
      const unrendered = store.licenses.change(
        license.id,
        { intent: 'none' },
        storing(() => {
          throw new Error('cannot be rendered')
        }),
        () =>
          decision(null, [{ type: 'license.update', licenseId: license.id, set: { version: 7 } }]),
      )
      await expect(unrendered).rejects.toThrow('cannot be rendered')
      expect(await store.storedResponses.find('key', startMs)).toBeNull()
      expect((await store.licenses.find(license.id))?.license.version).toBe(1)
    })

    test('idempotency: a command whose response is stored is not decided again, until it expires', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await touchOnce(store, license.id)
      const again = store.licenses.change(license.id, { intent: 'none' }, storing(String), () =>
        expect.unreachable(),
      )
      const replays = replaysIn(await Promise.allSettled([again]))
      expect(replays).toEqual([{ bodyHash: 'body', sealedResponse: 'version 2' }])
      await touchOnce(store, license.id, expiresAtMs)
      expect((await store.storedResponses.find('key', startMs))?.sealedResponse).toBe('version 3')
    })

    test('idempotency: of many processes that run a command at the same time, one does', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const stores = [store, opened.openAnother(), opened.openAnother()]
      const commands = Array.from({ length: 30 }, (_, index) =>
        touchOnce(stores[index % stores.length] ?? store, license.id),
      )
      const outcomes = await Promise.allSettled(commands)
      const replays = replaysIn(outcomes)
      expect(replays).toHaveLength(29)
      expect(new Set(replays.map(({ sealedResponse }) => sealedResponse))).toEqual(
        new Set(['version 2']),
      )
      expect((await store.licenses.find(license.id))?.license.version).toBe(2)
      const { data } = await store.events.list({ types: ['license.updated'] }, firstPage)
      expect(data).toHaveLength(1)
    })

    test('idempotency: a long command runs once although processes start it at the same time', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const changeMany = (each: Store) =>
        each.licenses.changeMany(
          { ids: [license.id] },
          1,
          storing(([record]) => `version ${record?.license.version}`),
          (snapshot) =>
            decision(null, [
              {
                type: 'license.update',
                licenseId: license.id,
                set: next(snapshot.license.version + 1),
              },
            ]),
        )
      const outcomes = await Promise.allSettled([
        changeMany(store),
        changeMany(opened.openAnother()),
      ])
      expect(replaysIn(outcomes)).toEqual([{ bodyHash: 'body', sealedResponse: 'version 2' }])
      expect((await store.licenses.find(license.id))?.license.version).toBe(2)
    })
  })
}
