import { describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { getBucket } from '~/domain/usage.ts'
import { issueOne } from '../store/contract/stores.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'
import { engines } from './engines.ts'
import { type OpenedUsage, openUsageIn } from './open-usage.ts'

const sharing = { countriesPerDay: 1, devicesPerDay: null, domainsPerDay: null }

async function useIn({ usage }: OpenedUsage, licenseId: string, country: string): Promise<void> {
  usage.record(aValidation({ licenseId, country, sharing, atMs: startMs }))
  await usage.flush()
}

async function countNotices({ store }: OpenedUsage): Promise<number> {
  const filter = { types: ['license.sharing_suspected'] }
  return (await store.events.list(filter, { limit: 9, after: null })).data.length
}

describe.each(engines)('$engine', ({ create }) => {
  test('sharing: countries from before a restart count, and a day has one event in spite of restarts', async () => {
    await using place = await create()
    const first = place.open()
    const { license } = await issueOne(first.store, { sharing })
    await useIn(first, license.id, 'DE')
    await first.close()
    const second = place.open()
    expect(await countNotices(second)).toBe(0)
    await useIn(second, license.id, 'FR')
    expect(await countNotices(second)).toBe(1)
    await second.close()
    const third = place.open()
    await useIn(third, license.id, 'US')
    expect(await countNotices(third)).toBe(1)
    await third.close()
  })
})

test('sharing: countries of validations that a restart left staged count', async () => {
  const directory = createScratchDirectory()
  const first = openUsageIn(directory)
  const { license } = await issueOne(first.store, { sharing })
  for (let index = 0; index < 600; index += 1) {
    first.usage.record(aValidation({ licenseId: 'lic_other', version: `${index}` }))
  }
  await useIn(first, license.id, 'DE')
  await first.close()
  const second = openUsageIn(directory)
  await useIn(second, license.id, 'FR')
  expect(await countNotices(second)).toBe(0)
  const today = getBucket(startMs, 'day')
  const days = { interval: 'day', first: today, last: today } as const
  await second.usage.countDevices(license.id, days)
  await useIn(second, license.id, 'FR')
  expect(await countNotices(second)).toBe(1)
  await second.close()
  rmSync(directory, { recursive: true })
})
