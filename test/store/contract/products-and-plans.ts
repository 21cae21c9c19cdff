import { describe, expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import { decideUpdate } from '~/domain/license-updates.ts'
import { decideRevocation } from '~/domain/licenses.ts'
import { aPlan, aProduct, startMs } from '../../support/samples.ts'
import type { OpenStore } from './stores.ts'
import { changeOne, contextAt, createCatalog, firstPage, issueOne, readAllPages } from './stores.ts'

export function catalogContract(openStore: OpenStore): void {
  describe('products', () => {
    test('products: created together with their first plans', async () => {
      await using opened = await openStore()
      const { store } = opened
      const plan = aPlan({ features: { sso: true, projects: 10, tier: 'gold' }, maxDomains: 3 })
      await store.products.create(aProduct(), [plan], contextAt())
      expect(await store.products.find('default')).toEqual(aProduct())
      expect(await store.plans.find('professional')).toEqual(plan)
      expect(await store.products.find('other')).toBeNull()
      expect(await store.plans.find('other')).toBeNull()
    })

    test.each([
      ['slug', aProduct({ keyPrefix: 'OTHER' }), 'A product with this slug exists'],
      ['slug and key prefix', aProduct(), 'A product with this slug exists'],
      ['key prefix', aProduct({ slug: 'other' }), 'A product with this key_prefix exists'],
    ])('products: a taken %s is refused, and nothing is created', async (_what, product, words) => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const plan = aPlan({ slug: 'enterprise', productSlug: product.slug })
      await expect(store.products.create(product, [plan], contextAt())).rejects.toMatchObject({
        kind: 'already_exists',
        message: expect.stringContaining(words),
      })
      expect(await store.plans.find('enterprise')).toBeNull()
      expect((await store.products.list(firstPage)).data).toEqual([aProduct()])
    })

    test('products: not created if the slug of one of its plans is taken', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const product = aProduct({ slug: 'other', keyPrefix: 'OTHER' })
      const taken = aPlan({ productSlug: 'other' })
      await expect(store.products.create(product, [taken], contextAt())).rejects.toMatchObject({
        kind: 'already_exists',
        message: expect.stringContaining('A plan with this slug exists'),
      })
      expect(await store.products.find('other')).toBeNull()
    })

    test('products: a change is in the next read, but the key prefix never changes', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const product = aProduct({ name: 'Renamed', keyPrefix: 'NEW' })
      const changed = await store.products.change('default', contextAt(), () => product)
      expect(changed).toEqual(product)
      expect(await store.products.find('default')).toEqual(aProduct({ name: 'Renamed' }))
    })
  })

  describe('plans', () => {
    test('plans: a taken slug is refused, even in another product', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const other = aProduct({ slug: 'other', keyPrefix: 'OTHER' })
      await store.products.create(other, [], contextAt())
      await expect(
        store.plans.create(aPlan({ productSlug: 'other' }), contextAt()),
      ).rejects.toMatchObject({ kind: 'already_exists' })
      expect((await store.plans.find('professional'))?.productSlug).toBe('default')
    })

    test('products and plans: decide is not called for an unknown slug', async () => {
      await using opened = await openStore()
      const { store } = opened
      const decide = () => {
        throw new Error('decide was called')
      }
      expect(await store.products.change('none', contextAt(), decide)).toBeNull()
      expect(await store.plans.change('none', contextAt(), decide)).toBeNull()
    })

    test('plans: a deletion gets the licenses of the plan and those that are not revoked', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await store.plans.create(aPlan({ slug: 'unused' }), contextAt())
      const uses: unknown[] = []
      const ask = (slug: string) =>
        store.plans.delete(slug, contextAt(), ({ plan, ...use }) => {
          uses.push(use)
          return plan
        })
      await ask('professional')
      await changeOne(store, license.id, (snapshot) => decideRevocation(snapshot, null, startMs))
      await ask('professional')
      await ask('unused')
      expect(uses).toEqual([
        { isUsed: true, liveLicenses: 1 },
        { isUsed: true, liveLicenses: 0 },
        { isUsed: false, liveLicenses: 0 },
      ])
    })

    test('plans: an archived plan is not listed, is still found, and keeps its slug', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const archive = await store.plans.delete('professional', contextAt(), ({ plan }) => ({
        ...plan,
        archivedAtMs: startMs,
      }))
      expect(archive?.archivedAtMs).toBe(startMs)
      expect((await store.plans.list({ limit: 10, after: null })).data).toEqual([])
      expect(await store.plans.find('professional')).toEqual(aPlan({ archivedAtMs: startMs }))
      expect((await store.licenses.find(license.id))?.plan.archivedAtMs).toBe(startMs)
      await expect(store.plans.create(aPlan(), contextAt())).rejects.toMatchObject({
        kind: 'already_exists',
        message: expect.stringContaining('An archived plan has this slug'),
      })
    })

    test('plans: no license can get a plan that was archived since it was read', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await store.plans.create(aPlan({ slug: 'other' }), contextAt())
      await store.plans.delete('other', contextAt(), ({ plan }) => ({
        ...plan,
        archivedAtMs: startMs,
      }))
      const move = changeOne(store, license.id, (snapshot) =>
        decideUpdate(snapshot, { plan: aPlan({ slug: 'other' }) }, startMs),
      )
      await expect(move).rejects.toMatchObject({ kind: 'validation_failed' })
      expect((await store.licenses.find(license.id))?.license.planSlug).toBe('professional')
    })

    test('plans: a Fault leaves the plan unchanged', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const change = store.plans.change('professional', contextAt(), () => {
        throw new Fault('in_use', 'Licenses use this plan.')
      })
      await expect(change).rejects.toMatchObject({ kind: 'in_use' })
      expect(await store.plans.find('professional')).toEqual(aPlan())
    })

    test('plans: a deleted plan is gone, and its slug can be used again', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      await store.plans.delete('professional', contextAt(), () => null)
      expect(await store.plans.find('professional')).toBeNull()
      await store.plans.create(aPlan({ name: 'Anew' }), contextAt())
      expect((await store.plans.find('professional'))?.name).toBe('Anew')
    })

    test('plans: a changed plan applies to its licenses at once', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store, { maxDomains: 1 })
      await store.validations.findLicense(license.keyHash, license.createdAtMs)
      const plan = aPlan({ maxDomains: 9 })
      await store.plans.change(plan.slug, contextAt(), () => plan)
      const byKey = await store.validations.findLicense(license.keyHash, license.createdAtMs)
      expect(byKey?.plan).toEqual(plan)
      expect((await store.licenses.find(license.id))?.plan).toEqual(plan)
    })
  })

  describe('pages of products and plans', () => {
    test('pages: newest first, without repeats or gaps while plans are created', async () => {
      await using opened = await openStore()
      const { store } = opened
      const slugs = ['a', 'b', 'c', 'd', 'e']
      await createCatalog(store, ...slugs.map((slug) => ({ slug })))
      const first = await store.plans.list({ limit: 2, after: null })
      await store.plans.create(aPlan({ slug: 'f' }), contextAt())
      const rest = await readAllPages(
        (page) => store.plans.list({ ...page, after: page.after ?? first.nextAfter }),
        2,
      )
      const seen = [...first.data, ...rest].map(({ slug }) => slug)
      expect(seen).toEqual(['e', 'd', 'c', 'b', 'a'])
    })

    test('pages: a full last page has no next page', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store, { slug: 'a' }, { slug: 'b' })
      expect((await store.plans.list({ limit: 2, after: null })).nextAfter).toBeNull()
      expect((await store.products.list({ limit: 1, after: null })).nextAfter).toBeNull()
    })

    test.each(['NaN', '-1', '1e9', '1;2', '', '9'.repeat(40)])(
      'pages: empty for the forged position %p',
      async (after) => {
        await using opened = await openStore()
        const { store } = opened
        await createCatalog(store)
        expect(await store.plans.list({ limit: 2, after })).toEqual({ data: [], nextAfter: null })
      },
    )
  })
}
