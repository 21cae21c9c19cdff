import { describe, expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import type { Commit, Store } from '~/store/port.ts'
import { aDomain, aLicense, aPlan, buildCreation, startMs } from '../../support/samples.ts'
import {
  apply,
  changeOne,
  contextAt,
  createCatalog,
  decision,
  issue,
  issueOne,
  next,
  type OpenStore,
  touch,
} from './stores.ts'

const KEYS_MAX = 100
/** Other tests may use the same server of the database. */
const SETTLE_MS = 4000
/** Later than everything that a test does. */
const lateMs = startMs * 2

const nothing = { licenseIds: [], activations: [], touchesPlans: false, isAll: false }

/** Returns the position after everything that was committed. */
export async function readLatest(store: Store): Promise<string> {
  expect(await store.changes.settle(SETTLE_MS)).toBeTrue()
  return store.changes.readPosition()
}

async function list(store: Store, after: string, max = KEYS_MAX) {
  await readLatest(store)
  return store.changes.list(after, max)
}

/** Issues licenses, and returns their ids and the position after that. */
async function issueThree(store: Store) {
  await createCatalog(store)
  const ids = (await issue(store, {}, {}, {})).map(({ license }) => license.id)
  const [first = '', second = '', third = ''] = ids
  return { first, second, third, ids, position: await readLatest(store) }
}

/** Touches a license with a command beside the server, and waits until the server knows of it. */
async function touchBeside(store: Store, beside: Store, licenseId: string): Promise<Commit> {
  const heard = new Promise<Commit>((resolve) => store.subscribe(resolve))
  await touch(beside, licenseId)
  return heard
}

export function changesContract(openStore: OpenStore): void {
  describe('changes', () => {
    test('changes: a change set has the licenses, activations and plans that were changed since', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license, plan } = await issueOne(store)
      const before = await readLatest(store)
      const domain = aDomain({ license, plan }, 'a.io')
      await apply(store, license.id, [buildCreation(domain)])
      const between = await readLatest(store)
      await store.plans.create(aPlan({ slug: 'new' }), contextAt())
      const position = await readLatest(store)
      const key = { licenseId: license.id, kind: 'domain', value: 'a.io' } as const
      expect(await list(store, before)).toEqual({
        position,
        licenseIds: [license.id],
        activations: [key],
        touchesPlans: true,
        isAll: false,
      })
      expect(await list(store, between)).toEqual({ ...nothing, position, touchesPlans: true })
      expect(await list(store, position)).toEqual({ ...nothing, position })
    })

    test('changes: a license that is changed many times is listed once', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { first, second, position } = await issueThree(store)
      for (const id of [first, second, first, first]) await touch(store, id)
      expect((await list(store, position))?.licenseIds).toEqual([first, second])
    })

    test('changes: a command that fails changes no position', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { first, position } = await issueThree(store)
      const failing = changeOne(store, first, () => {
        throw new Fault('perpetual', 'No.')
      })
      expect(await failing.catch((error) => error.message)).toBe('No.')
      expect(await readLatest(store)).toBe(position)
    })

    test('changes: what commands change that share a commit with a command that is undone is listed', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { first, second, third, position } = await issueThree(store)
      const twice = aDomain({ license: aLicense(), plan: aPlan() }, 'a.io')
      const outcomes = await Promise.allSettled([
        touch(store, first),
        apply(store, second, [buildCreation(twice), buildCreation(twice)]),
        touch(store, third),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect((await list(store, position))?.licenseIds).toEqual(
        expect.arrayContaining([first, third]),
      )
    })

    test('changes: a long command is not listed before it is committed', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { ids, position } = await issueThree(store)
      const seen = new Set<string>()
      const changing = store.licenses.changeMany({ ids }, 3, contextAt(), ({ license }) => {
        seen.add(store.changes.readPosition())
        const set = next(license.version + 1)
        return decision(null, [{ type: 'license.update', licenseId: license.id, set }])
      })
      await changing
      expect([...seen]).toEqual([position])
      expect((await list(store, position))?.licenseIds.toSorted()).toEqual(ids.toSorted())
    })

    test('changes: above the maximum, anything may have changed', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { ids, position } = await issueThree(store)
      for (const id of ids) await touch(store, id)
      const latest = await readLatest(store)
      expect((await list(store, position, 3))?.licenseIds).toEqual(ids)
      expect(await list(store, position, 2)).toEqual({ ...nothing, position: latest, isAll: true })
    })

    test.each([
      ['an empty text', ''],
      ['no number', '0123456789abcdef.'],
      ['another server', '0123456789abcdef.1'],
      ['SQL', "' OR 1=1 --.1"],
    ])('changes: the position of %s is unknown', async (_what, after) => {
      await using opened = await openStore()
      await issueThree(opened.store)
      expect(await list(opened.store, after)).toBeNull()
    })

    test('changes: a position that was not reached yet, or is from before the server, is unknown', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { position } = await issueThree(store)
      const [session, number] = position.split('.')
      expect(await list(store, `${session}.${Number(number) + 1}`)).toBeNull()
      expect(await list(store, `${session}.0`)).toBeNull()
      expect(await list(store, `${session}.${number}`)).toMatchObject(nothing)
    })

    test('changes: what changed before and after a restart is listed from a position before it', async () => {
      await using opened = await openStore()
      const { first, second, third, position } = await issueThree(opened.store)
      await touch(opened.store, first)
      const last = await readLatest(opened.store)
      const store = await opened.reopen()
      await touch(store, second)
      expect((await list(store, position))?.licenseIds).toEqual([first, second])
      expect((await list(store, last))?.licenseIds).toEqual([second])
      await touch(store, third)
      expect((await list(store, last))?.licenseIds).toEqual([second, third])
    })

    test('changes: a command beside the server is listed, and one that changes nothing is not', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { first, second, position } = await issueThree(store)
      const beside = opened.openAnother()
      expect(await touchBeside(store, beside, first)).toMatchObject({
        licenseIds: [first],
        isExternal: false,
      })
      expect((await list(store, position))?.licenseIds).toEqual([first])
      await beside.checkWrites()
      await touchBeside(store, beside, second)
      expect(await list(store, position)).toMatchObject({
        licenseIds: [first, second],
        isAll: false,
      })
    })

    test('changes: a position is unknown once the changes after it were trimmed', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { ids, position } = await issueThree(store)
      for (const id of ids) await touch(store, id)
      const latest = await readLatest(store)
      expect(await store.changes.trim(0, 100)).toBe(0)
      expect(await list(store, position)).toMatchObject({ licenseIds: ids })
      expect(await store.changes.trim(lateMs, 2)).toBe(2)
      expect(await store.changes.trim(lateMs, 100)).toBeGreaterThan(1)
      expect(await list(store, position)).toBeNull()
      expect(await list(store, latest)).toEqual({ ...nothing, position: latest })
      await touch(store, ids[0] ?? '')
      expect((await list(store, latest))?.licenseIds).toEqual([ids[0] ?? ''])
    })

    test('changes: the latest position is still known after a restart if all others were trimmed', async () => {
      await using opened = await openStore()
      const { first } = await issueThree(opened.store)
      const latest = await readLatest(opened.store)
      await opened.store.changes.trim(lateMs, 100)
      const store = await opened.reopen()
      await touch(store, first)
      expect((await list(store, latest))?.licenseIds).toEqual([first])
    })
  })
}
