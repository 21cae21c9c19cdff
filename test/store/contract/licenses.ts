import { describe, expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import { decideRevocation, type LicenseSnapshot } from '~/domain/licenses.ts'
import { aKey, aPlan, startMs } from '../../support/samples.ts'
import {
  changeOne,
  contextAt,
  createCatalog,
  decision,
  firstPage,
  issue,
  issueOne,
  next,
  type OpenStore,
  touch,
} from './stores.ts'

export function licensesContract(openStore: OpenStore): void {
  describe('decisions in a row', () => {
    const step = (number: number) => ({
      query: { intent: 'none' } as const,
      decide: ({ license }: LicenseSnapshot) =>
        decision(
          license.version,
          [{ type: 'license.update', licenseId: license.id, set: next(license.version + number) }],
          [{ type: 'license.updated', licenseId: license.id }],
        ),
    })

    test('decisions in a row: each sees what the one before has changed, and so does the last', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const changed = await store.licenses.changeInOrder(
        license.id,
        [step(1), step(10)],
        contextAt(),
        (state, results) => decision([...results, state.license.version]),
      )
      expect(changed?.result).toEqual([1, 2, 12])
      expect(changed?.license.version).toBe(12)
      expect((await store.licenses.find(license.id))?.license.version).toBe(12)
      const { data } = await store.events.list({ licenseId: license.id }, firstPage)
      expect(data.map(({ sequence }) => sequence)).toEqual([3, 2, 1])
    })

    test('decisions in a row: a Fault in any of them undoes all of them', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const before = await store.licenses.find(license.id)
      const fail = () => {
        throw new Fault('refused', 'Not this one.')
      }
      const failing = { ...step(1), decide: fail }
      const run = (steps: readonly ReturnType<typeof step>[], finish: () => never) =>
        store.licenses.changeInOrder<number, null>(license.id, steps, contextAt(), finish)
      await expect(run([step(1), failing], fail)).rejects.toThrow('Not this one.')
      await expect(run([step(1)], fail)).rejects.toThrow('Not this one.')
      expect(await store.licenses.find(license.id)).toEqual(before)
    })

    test('decisions in a row: an unknown license gets null, and nothing is decided', async () => {
      await using opened = await openStore()
      const changed = await opened.store.licenses.changeInOrder(
        'lic_x',
        [step(1)],
        contextAt(),
        () => decision(null),
      )
      expect(changed).toBeNull()
    })
  })

  describe('create', () => {
    test('create: returns the licenses in order, and each is found by id and key', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const order = { customerName: 'Ada', metadata: { seats: 3, note: null }, externalRef: 'o-1' }
      const records = await issue(store, order, { externalRef: 'o-2' }, { externalRef: 'o-3' })
      expect(records.map(({ license }) => license.externalRef)).toEqual(['o-1', 'o-2', 'o-3'])
      expect(records[0]?.license).toMatchObject(order)
      for (const record of records) {
        const { license, plan } = record
        expect(record).toEqual({ ...(await store.licenses.find(license.id)), isNew: true } as never)
        const found = await store.validations.findLicense(license.keyHash, startMs)
        expect(found?.plan).toEqual(plan)
        expect({ ...license, ...found?.license }).toEqual(license)
      }
    })

    test('create: decide gets the licenses of the product with the reference, live ones first', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const [revoked, live] = await issue(store, { externalRef: 'o-1' }, { externalRef: 'o-1' })
      await issue(store, { externalRef: 'o-2' })
      const revokedId = revoked?.license.id ?? ''
      await changeOne(store, revokedId, (snapshot) => decideRevocation(snapshot, null, startMs))
      const ask = (externalRef: string | null) =>
        store.licenses.create({ planSlug: 'professional', externalRef }, contextAt(), (state) =>
          decision(state.existing.map(({ id }) => id)),
        )
      const found = await ask('o-1')
      expect(found?.map(({ license }) => license.id)).toEqual([live?.license.id ?? '', revokedId])
      expect(found?.map(({ isNew }) => isNew)).toEqual([false, false])
      expect(await ask('o-9')).toEqual([])
      expect(await ask(null)).toEqual([])
    })

    test('create: returns null for an unknown plan without calling decide', async () => {
      await using opened = await openStore()
      const { store } = opened
      const created = store.licenses.create({ planSlug: 'none' }, contextAt(), () => {
        throw new Error('decide was called')
      })
      expect(await created).toBeNull()
    })

    test('create: creates none of the licenses if a key is taken', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      await issue(store, { key: aKey('taken') })
      await expect(issue(store, {}, { key: aKey('taken') }, {})).rejects.toMatchObject({
        kind: 'already_exists',
        message: expect.stringContaining('A license with this key exists'),
      })
      await expect(issue(store, { key: aKey('twin') }, { key: aKey('twin') })).rejects.toThrow()
      expect((await store.licenses.list({}, firstPage)).data).toHaveLength(1)
    })
  })

  describe('change', () => {
    test('change: writes the decision and returns the changed license', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const set = { suspendedAtMs: startMs, suspensionReason: 'unpaid', customerName: 'Ada' }
      const changed = await store.licenses.change(license.id, { intent: 'none' }, contextAt(), () =>
        decision('the result', [{ type: 'license.update', licenseId: license.id, set }]),
      )
      expect(changed).toMatchObject({ result: 'the result', license: set, domains: [] })
      expect((await store.licenses.find(license.id))?.license).toEqual({ ...license, ...set })
    })

    test('change: returns null for an unknown license without calling decide', async () => {
      await using opened = await openStore()
      const { store } = opened
      const changed = store.licenses.change('lic_none', { intent: 'none' }, contextAt(), () => {
        throw new Error('decide was called')
      })
      expect(await changed).toBeNull()
      expect(await store.licenses.find('lic_none')).toBeNull()
    })

    test('change: a plan that has not changed is the same object for its licenses, so that caches can tell', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const licenses = await issue(store, {}, {})
      const plans = await Promise.all(
        licenses.map(async ({ license }) => {
          const found = await store.validations.findLicense(license.keyHash, startMs)
          return found?.plan
        }),
      )
      expect(plans[0]).toBeDefined()
      expect(plans[1]).toBe(plans[0])
    })

    test('change: a Fault leaves the license unchanged', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const refused = store.licenses.change(license.id, { intent: 'none' }, contextAt(), () => {
        throw new Fault('invalid_transition', 'No.')
      })
      await expect(refused).rejects.toMatchObject({ kind: 'invalid_transition', message: 'No.' })
      expect((await store.licenses.find(license.id))?.license).toEqual(license)
    })

    test('change: concurrent changes are all kept', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await Promise.all(Array.from({ length: 50 }, () => touch(store, license.id)))
      expect((await store.licenses.find(license.id))?.license.version).toBe(51)
    })
  })

  describe('changeMany', () => {
    const touching = ({ license }: { license: { id: string; version: number } }) =>
      decision(null, [
        { type: 'license.update', licenseId: license.id, set: { version: license.version + 1 } },
      ])

    test('changeMany: each id is changed once, in the order given', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const [a = '', b = '', c = ''] = (await issue(store, {}, {}, {})).map((one) => one.license.id)
      const changed = await store.licenses.changeMany({ ids: [b, a, b] }, 10, contextAt(), touching)
      expect(changed.map(({ license }) => [license.id, license.version])).toEqual([
        [b, 2],
        [a, 2],
      ])
      expect((await store.licenses.find(c))?.license.version).toBe(1)
    })

    test('changeMany: a filter changes the matching licenses only', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      await issue(store, { customerEmail: 'a@example.com' }, { customerEmail: 'b@example.com' })
      const filter = { customerEmail: 'a@example.com' }
      await store.licenses.changeMany({ filter }, 10, contextAt(), touching)
      const { data } = await store.licenses.list({}, firstPage)
      const versions = data.map(({ license }) => `${license.customerEmail} ${license.version}`)
      expect(versions.sort()).toEqual(['a@example.com 2', 'b@example.com 1'])
    })

    test('changeMany: a Fault for one license leaves all unchanged', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const ids = (await issue(store, {}, {}, {})).map(({ license }) => license.id)
      let asked = 0
      const refused = store.licenses.changeMany({ ids }, 10, contextAt(), (snapshot) => {
        asked += 1
        if (asked === 2) throw new Fault('invalid_transition', 'Not this one.')
        return touching(snapshot)
      })
      await expect(refused).rejects.toMatchObject({ kind: 'invalid_transition' })
      const { data } = await store.licenses.list({}, firstPage)
      expect(data.map(({ license }) => license.version)).toEqual([1, 1, 1])
      expect((await store.events.list({ types: ['license.updated'] }, firstPage)).data).toEqual([])
    })

    test('changeMany: an unknown id is named, and nothing is changed', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const ids = [license.id, 'lic_none']
      await expect(
        store.licenses.changeMany({ ids }, 10, contextAt(), touching),
      ).rejects.toMatchObject({
        kind: 'not_found',
        message: expect.stringContaining('lic_none'),
      })
      expect((await store.licenses.find(license.id))?.license.version).toBe(1)
    })

    test('changeMany: up to the maximum of matches; beyond it, the number is reported', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      await issue(store, {}, {}, {})
      const filter = { planSlug: aPlan().slug }
      expect(await store.licenses.changeMany({ filter }, 3, contextAt(), touching)).toHaveLength(3)
      await expect(
        store.licenses.changeMany({ filter }, 2, contextAt(), touching),
      ).rejects.toMatchObject({
        kind: 'too_many_matches',
        message: expect.stringContaining('3 licenses'),
      })
    })
  })
}
