import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import type { LicenseFilter } from '~/domain/licenses.ts'
import type { Store } from '~/store/port.ts'
import { startMs } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { countTurns } from '../../support/turns.ts'
import { contextAt, createCatalog, decision, issue } from '../contract/stores.ts'
import { copyLicense } from './copy-license.ts'
import { openSqlite } from './open-store.ts'

const COPIES = 10_000
/** Licenses that a list may search in one turn, with room for what else takes a step. */
const LICENSES_PER_TURN = 6000

const isExpired = { status: { is: 'expired', atMs: startMs } } as const
const withoutMatch: readonly (readonly [name: string, filter: LicenseFilter])[] = [
  ['status', isExpired],
  ['expires_before', { expiresBeforeMs: startMs }],
  ['a plan and expires_before', { planSlug: 'professional', expiresBeforeMs: startMs }],
  ['an email address and status', { customerEmail: 'many@example.com', ...isExpired }],
  ['a domain and status', { domain: 'example.com', ...isExpired }],
  ['a start that many addresses have, and status', { search: 'many', ...isExpired }],
]

describe('license lists of many licenses', () => {
  let store: Store
  let directory: string
  beforeAll(async () => {
    directory = createScratchDirectory()
    store = openSqlite(directory)
    await createCatalog(store)
    await issue(store, { customerEmail: 'many@example.com', domains: ['example.com'] })
    copyLicense(directory, COPIES)
  })
  afterAll(async () => {
    await store.close()
    rmSync(directory, { recursive: true })
  })

  test.each(withoutMatch)(
    'license lists: %s that no license matches takes several turns',
    async (_name, filter) => {
      const { turns } = await countTurns(async () => {
        const { data } = await store.licenses.list(filter, { limit: 100, after: null })
        expect(data).toEqual([])
      })
      expect(turns).toBeGreaterThan(COPIES / LICENSES_PER_TURN)
    },
  )

  test('license lists: the number of too many matches is exact', async () => {
    const changed = store.licenses.changeMany(
      { filter: { planSlug: 'professional' } },
      1000,
      contextAt(),
      () => decision(null),
    )
    await expect(changed).rejects.toThrow(`The filter matches ${COPIES + 1} licenses`)
  })
})
