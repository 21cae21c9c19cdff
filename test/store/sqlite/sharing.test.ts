import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import type { Store } from '~/store/port.ts'
import { aValidation, startMs } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { issueOne } from '../contract/stores.ts'
import { openSqlite } from './open-store.ts'

const sharing = { countriesPerDay: 1, devicesPerDay: null, domainsPerDay: null }

async function useIn(store: Store, licenseId: string, country: string): Promise<void> {
  store.usage.recordValidation(aValidation({ licenseId, country, sharing, atMs: startMs }))
  await store.flush()
}

async function suspicionsOf(store: Store): Promise<number> {
  const filter = { types: ['license.sharing_suspected'] }
  return (await store.events.list(filter, { limit: 9, after: null })).data.length
}

test('what was seen before a restart counts after it, and is told of once all the same', async () => {
  const directory = createScratchDirectory()
  const first = openSqlite(directory)
  const { license } = await issueOne(first, { sharing })
  await useIn(first, license.id, 'DE')
  await first.close()
  const second = openSqlite(directory)
  expect(await suspicionsOf(second)).toBe(0)
  await useIn(second, license.id, 'FR')
  expect(await suspicionsOf(second)).toBe(1)
  await second.close()
  const third = openSqlite(directory)
  await useIn(third, license.id, 'US')
  expect(await suspicionsOf(third)).toBe(1)
  await third.close()
  rmSync(directory, { recursive: true })
})
