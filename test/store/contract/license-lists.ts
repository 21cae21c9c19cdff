import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { formatId } from '~/domain/ids.ts'
import { decideIssuance, type LicenseOrder } from '~/domain/issuance.ts'
import type { LicenseFilter } from '~/domain/licenses.ts'
import { DAY_MS, SECOND_MS } from '~/domain/times.ts'
import type { Store } from '~/store/port.ts'
import { aKey, anOrder, aPlan, aProduct, createId, startMs } from '../../support/samples.ts'
import {
  apply,
  contextAt,
  createCatalog,
  issue,
  type OpenedStore,
  type OpenStore,
  readAllPages,
} from './stores.ts'

const inDays = (days: number) => startMs + days * DAY_MS
const key = (lastFour: string) => ({ ...aKey(lastFour), keyLastFour: lastFour })
/** Ids contain the time by which licenses are ordered. */
const idAt = (timeMs: number) => formatId('lic', Bun.randomUUIDv7('buffer', timeMs))
const adaId = idAt(startMs)

interface Sample extends Partial<LicenseOrder> {
  readonly plan?: string
  readonly suspended?: boolean
  readonly revoked?: boolean
}

/** Oldest first. The cases name a license by its external_ref. */
const samples: readonly Sample[] = [
  { externalRef: 'old', id: idAt(inDays(-30)), customerEmail: 'old@example.com' },
  { externalRef: 'ada', id: adaId, customerEmail: 'ada@example.com', key: key('ADA1') },
  { externalRef: 'adam', customerEmail: 'adam@example.com', customerName: 'ÁDÁM Kovács' },
  { externalRef: 'site', customerEmail: 'ada@example.com', domains: ['example.com', 'a.io'] },
  { externalRef: 'soon', expiresAtMs: inDays(1), customerName: 'Soon Gone' },
  { externalRef: 'over', expiresAtMs: inDays(-1), customerEmail: 'over@example.com' },
  { externalRef: 'grace', expiresAtMs: inDays(-1), plan: 'graceful' },
  { externalRef: 'susp', suspended: true, domains: ['example.com'] },
  { externalRef: 'gone', revoked: true, expiresAtMs: inDays(-1) },
  { externalRef: 'both', revoked: true, suspended: true, key: key('abcd') },
  { externalRef: 'other', plan: 'another', customerEmail: 'zoe@example.com' },
]

const isAt = (is: 'active' | 'suspended' | 'expired' | 'revoked', atMs = startMs) => ({
  status: { is, atMs },
})

const cases: readonly (readonly [what: string, filter: LicenseFilter, names: string])[] = [
  ['nothing', {}, 'old ada adam site soon over grace susp gone both other'],
  ['active', isAt('active'), 'old ada adam site soon grace other'],
  ['expired', isAt('expired'), 'over'],
  ['expired, at its very end', isAt('expired', inDays(1)), 'soon over'],
  ['expired, a ms before', isAt('expired', inDays(1) - 1), 'over'],
  ['expired, after its grace', isAt('expired', inDays(9)), 'soon over grace'],
  ['active long ago', isAt('active', inDays(-2)), 'old ada adam site soon over grace other'],
  ['suspended', isAt('suspended'), 'susp'],
  ['revoked', isAt('revoked'), 'gone both'],
  ['its plan', { planSlug: 'graceful' }, 'grace'],
  ['its product', { productSlug: 'another' }, 'other'],
  ['its email address', { customerEmail: 'ada@example.com' }, 'ada site'],
  ['a domain', { domain: 'example.com' }, 'site susp'],
  ['an unknown domain', { domain: 'xample.com' }, ''],
  ['the external_ref', { externalRef: 'soon' }, 'soon'],
  ['an end before', { expiresBeforeMs: inDays(1) }, 'over grace gone'],
  ['an end after', { expiresAfterMs: inDays(-1) }, 'soon'],
  ['an age', { createdAfterMs: startMs }, 'ada adam site soon over grace susp gone both other'],
  ['no such age', { createdAfterMs: inDays(400) }, ''],
  ['the beginning of an email address', { search: 'ada' }, 'ada adam site'],
  ['the beginning of an email address in upper case', { search: 'ADAM@' }, 'adam'],
  ['the beginning of a name', { search: 'soon g' }, 'soon'],
  ['the beginning of a name beyond ASCII', { search: 'ádám' }, 'adam'],
  ['the full id', { search: adaId }, 'ada'],
  ['a part of an id', { search: adaId.slice(0, -1) }, ''],
  ['the last four of a key', { search: 'ada1' }, 'ada'],
  ['the last four of an imported key, in their case', { search: 'abcd' }, 'both'],
  ['the middle of an email address', { search: 'example' }, ''],
  ['a wildcard of LIKE', { search: '%' }, ''],
  ['an injection of SQL', { search: "' OR 1=1 --" }, ''],
]

export function licenseListsContract(openStore: OpenStore): void {
  describe('license lists', () => {
    let opened: OpenedStore
    let store: Store

    beforeAll(async () => {
      opened = await openStore()
      store = opened.store
      await createCatalog(store, {}, { slug: 'graceful', graceDays: 7 })
      const another = aProduct({ slug: 'another', keyPrefix: 'FO' })
      const anotherPlan = aPlan({ slug: 'another', productSlug: 'another' })
      await store.products.create(another, [anotherPlan], contextAt())
      for (const [index, sample] of samples.entries()) {
        // A second apart, because a generator that runs out of ids in a millisecond takes the next.
        await issueSample(store, { id: idAt(startMs + index * SECOND_MS), ...sample })
      }
    })
    afterAll(() => opened[Symbol.asyncDispose]())

    const namesOf = async (filter: LicenseFilter, limit = 100) => {
      const records = await readAllPages((page) => store.licenses.list(filter, page), limit)
      return records.map(({ license }) => license.externalRef ?? '')
    }
    const newestFirst = (names: string) => names.split(' ').filter(Boolean).toReversed()

    test.each(cases)('license lists: filtered by %s', async (_what, filter, names) => {
      expect(await namesOf(filter)).toEqual(newestFirst(names))
    })

    test('license lists: two filters are combined', async () => {
      for (const [one, first, names] of cases) {
        for (const [other, second, otherNames] of cases) {
          const shared = Object.keys(first).some((name) => name in second)
          if (shared) continue
          const wanted = newestFirst(names).filter((name) => otherNames.split(' ').includes(name))
          const found = await namesOf({ ...first, ...second })
          expect({ one, other, found }).toEqual({ one, other, found: wanted })
        }
      }
    })

    test.each([1, 2, 3, 10, 11])('license lists: the same in pages of %i', async (limit) => {
      for (const filter of [{}, isAt('active')]) {
        expect(await namesOf(filter, limit)).toEqual(await namesOf(filter))
      }
    })
  })

  test('license lists: pages neither repeat nor skip while licenses are created', async () => {
    await using opened = await openStore()
    const { store } = opened
    await createCatalog(store)
    const before = await issue(store, {}, {}, {}, {})
    const first = await store.licenses.list({}, { limit: 2, after: null })
    await issue(store, {}, {})
    const second = await store.licenses.list({}, { limit: 2, after: first.nextAfter })
    const seen = [...first.data, ...second.data].map(({ license }) => license.id)
    expect(seen).toEqual(before.map(({ license }) => license.id).toReversed())
    expect(second.nextAfter).toBeNull()
  })
}

async function issueSample(store: Store, sample: Sample): Promise<void> {
  const { plan: planSlug = 'professional', suspended, revoked, ...given } = sample
  const order = anOrder(given)
  await store.licenses.create({ planSlug }, contextAt(), (state) =>
    decideIssuance(state, [order], () => createId('act'), startMs),
  )
  const set = {
    ...(suspended ? { suspendedAtMs: startMs } : {}),
    ...(revoked ? { revokedAtMs: startMs } : {}),
  }
  if (!suspended && !revoked) return
  await apply(store, order.id, [{ type: 'license.update', licenseId: order.id, set }])
}
