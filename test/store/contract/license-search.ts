import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { LicenseOrder } from '~/domain/issuance.ts'
import { decideKeyRotation } from '~/domain/licenses.ts'
import { parseSearch } from '~/domain/searches.ts'
import { HOUR_MS } from '~/domain/times.ts'
import type { SearchQuery, Store } from '~/store/port.ts'
import { aKey, startMs } from '../../support/samples.ts'
import {
  apply,
  changeOne,
  createCatalog,
  issue,
  type OpenedStore,
  type OpenStore,
} from './stores.ts'

const key = (lastFour: string) => ({ ...aKey(lastFour), keyLastFour: lastFour })

/** Oldest first. The cases name a license by its external_ref. */
const samples: readonly Partial<LicenseOrder>[] = [
  { externalRef: 'Zoe', customerEmail: 'zoe@xn--bcher-kva.de', customerName: 'Zoë van Straße' },
  {
    externalRef: 'Site',
    customerEmail: 'dev@mail.acme.com',
    domains: ['shop.acme.com', 'acme.io'],
  },
  { externalRef: 'Ada', customerEmail: 'ada@acme.com', customerName: 'Ada Lovelace' },
  { externalRef: 'Love', customerName: 'Countess Ada Love', key: key('LOVE') },
  { externalRef: 'Ada-2', customerEmail: 'adam@example.org', key: key('abcd') },
]

const cases: readonly (readonly [text: string, matches: string])[] = [
  ['zoe@bücher.de', 'Zoe:email'],
  ['ZOE@BU\u0308CHER.DE', 'Zoe:email'],
  ['Bücher.de', 'Zoe:email_domain'],
  ['@xn--bcher-kva.de', 'Zoe:email_domain'],
  ['acme.com', 'Site:domain Ada:email_domain'],
  ['@acme.com', 'Ada:email_domain Site:email_domain'],
  ['acme', 'Ada:email_domain Site:email_domain'],
  ['https://www.shop.acme.com/cart', 'Site:domain'],
  ['acme.io', 'Site:domain'],
  ['cme.io', ''],
  ['STRASSE', 'Zoe:name'],
  ['strasse zoe', 'Zoe:name'],
  ['van', 'Zoe:name'],
  ['an', ''],
  ['ada', 'Ada:reference Love:name Ada-2:email_start'],
  ['ada-2', 'Ada-2:reference'],
  ['lovelace ada', 'Ada:name'],
  ['ada love', 'Ada:name Love:name'],
  ['love', 'Love:reference Ada:name'],
  ['ada@', 'Love:name Ada:name'],
  ['adam@', 'Ada-2:email_start'],
  ['TO-****-****-****-LOVE', 'Love:key_end'],
  ['ABCD', 'Ada-2:key_end'],
  ['%', ''],
  ["' OR 1=1 --", ''],
]

export function licenseSearchContract(openStore: OpenStore): void {
  describe('license search', () => {
    let opened: OpenedStore
    let store: Store
    beforeAll(async () => {
      opened = await openStore()
      store = opened.store
      await createCatalog(store)
      for (const sample of samples) await issue(store, sample)
    })
    afterAll(() => opened[Symbol.asyncDispose]())

    test.each(cases)('license search: %p finds %p', async (text, matches) => {
      expect(await search(store, text)).toEqual({ matches, hasMore: false })
    })

    test('license search: a maximum keeps the best matches, and says that there are more', async () => {
      expect(await search(store, 'ada', {}, 2)).toEqual({
        matches: 'Ada:reference Love:name',
        hasMore: true,
      })
      expect(await search(store, 'ada', {}, 3)).toMatchObject({ hasMore: false })
    })

    test('license search: a license with the key is the only match, and similar keys are not read', async () => {
      const listNearKeyHashes = () => {
        throw new Error('not needed')
      }
      const { matches } = await search(store, 'ada', {
        keyHashes: [key('LOVE').keyHash],
        listNearKeyHashes,
      })
      expect(matches).toBe('Love:key')
    })

    test('license search: finds similar keys', async () => {
      const hashes = Array.from({ length: 2000 }, (_, index) => `none ${index}`)
      const listNearKeyHashes = () => [...hashes, key('abcd').keyHash]
      const { matches } = await search(store, 'x', { listNearKeyHashes })
      expect(matches).toBe('Ada-2:similar_key')
    })
  })

  test('license search: an id of a license, an activation or an event finds the license', async () => {
    await using opened = await openStore()
    const { store } = opened
    await createCatalog(store)
    const [record] = await issue(store, { externalRef: 'one', domains: ['a.io'] }, {})
    const id = record?.license.id ?? ''
    const [activation] = (await store.activations.list(id, { limit: 1, after: null })).data
    const event = (await store.events.list({ licenseId: id }, { limit: 1, after: null })).data[0]
    expect((await search(store, id.toUpperCase())).matches).toBe('one:id')
    expect((await search(store, activation?.id ?? '')).matches).toBe('one:activation_id')
    expect((await search(store, event?.id ?? '')).matches).toBe('one:event_id')
  })

  test('license search: a former key finds its license for as long as it works', async () => {
    await using opened = await openStore()
    const { store } = opened
    await createCatalog(store)
    const [record] = await issue(store, { externalRef: 'one', key: key('OLD1') })
    const id = record?.license.id ?? ''
    await changeOne(store, id, (state) => decideKeyRotation(state, key('NEW1'), 1, startMs))
    const keyHashes = [key('OLD1').keyHash]
    const inHours = (hours: number) => ({ keyHashes, nowMs: startMs + hours * HOUR_MS })
    expect((await search(store, 'x', inHours(0.5))).matches).toBe('one:key')
    expect((await search(store, 'x', inHours(1))).matches).toBe('')
  })

  test('license search: a change is found by its new words at once, and no longer by the old ones', async () => {
    await using opened = await openStore()
    const { store } = opened
    await createCatalog(store)
    const [record] = await issue(store, { customerName: 'Ada King', externalRef: 'A-1' })
    const licenseId = record?.license.id ?? ''
    const set = { customerName: 'Ada Byron', customerEmail: 'ada@byron.org', externalRef: 'A-2' }
    await apply(store, licenseId, [{ type: 'license.update', licenseId, set }])
    for (const text of ['king', '@example.com', 'a-1']) {
      expect([text, (await search(store, text)).matches]).toEqual([text, ''])
    }
    for (const text of ['byron', 'ada', '@byron.org', 'a-2']) {
      expect([text, (await search(store, text)).matches]).toEqual([
        text,
        expect.stringMatching(/^A-2:/),
      ])
    }
  })
}

/** Returns the matches as `external_ref:why`. */
async function search(
  store: Store,
  text: string,
  query: Partial<SearchQuery> = {},
  max = 100,
): Promise<{ matches: string; hasMore: boolean }> {
  const noKeys = { keyHashes: [], listNearKeyHashes: () => [], nowMs: startMs }
  const { matches, hasMore } = await store.licenses.search(
    { ...parseSearch(text), ...noKeys, ...query },
    max,
  )
  const names = matches.map(({ record, why }) => `${record.license.externalRef}:${why}`)
  return { matches: names.join(' '), hasMore }
}
