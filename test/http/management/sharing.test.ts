import { expect, test } from 'bun:test'
import { openTestApp, type TestApp } from '../../support/app.ts'

const DAY_MS = 86_400_000

interface SharedApp extends TestApp {
  readonly id: string
  /** Validates on each of these devices and waits until that is written. */
  useOn(...devices: string[]): Promise<void>
  /** Returns the data of its license.sharing_suspected events, oldest first. */
  suspicions(): Promise<unknown[]>
}

/** Opens a license whose plan has these sharing thresholds. */
async function openShared(sharing: object, terms: object = {}): Promise<SharedApp> {
  const app = await openTestApp()
  const plan = { slug: 'watched', product: 'default', name: 'Watched', sharing, ...terms }
  await app.send('POST', '/api/v1/plans', plan)
  const { id, key } = await app.createLicense({ plan: 'watched' })
  return {
    ...app,
    id,
    useOn: async (...devices) => {
      for (const fingerprint of devices) {
        await app.validate({ key, fingerprint, domain: `${fingerprint}.com` })
      }
      await app.deps.usage.flush()
    },
    suspicions: async () => {
      const { body } = await app.send('GET', '/api/v1/events?type=license.sharing_suspected')
      return body.data.map(({ data }: { data: { sharing: unknown } }) => data.sharing).reverse()
    },
  }
}

test('sharing: the event is sent when a threshold is exceeded, not when it is reached', async () => {
  await using app = await openShared({ devices_per_day: 2 })
  await app.useOn('one', 'two', 'one', 'two')
  expect(await app.suspicions()).toEqual([])
  await app.useOn('three')
  const passed = [{ name: 'devices_per_day', limit: 2, count: 3 }]
  expect(await app.suspicions()).toEqual([{ date: '2026-03-06', passed }])
  expect(await app.eventTypesOf(app.id)).toContain('license.sharing_suspected')
})

test('sharing: hosts of one domain count once, development domains not at all', async () => {
  await using app = await openShared({ domains_per_day: 1 })
  const { key } = await app.createLicense({ plan: 'watched' })
  const useAt = async (domain: string) => {
    await app.validate({ key, domain })
    await app.deps.usage.flush()
  }
  for (const host of ['a.example.com', 'b.example.com', 'localhost', 'x.test']) await useAt(host)
  expect(await app.suspicions()).toEqual([])
  await useAt('example.org')
  expect(await app.suspicions()).toHaveLength(1)
})

test('sharing: the event is sent once a day, even if further thresholds are exceeded', async () => {
  await using app = await openShared({ devices_per_day: 1, domains_per_day: 3 })
  await app.useOn('one', 'two')
  await app.useOn('three', 'four', 'five')
  expect(await app.suspicions()).toHaveLength(1)
  app.clock.advanceMs(DAY_MS)
  await app.useOn('one')
  expect(await app.suspicions()).toHaveLength(1)
  await app.useOn('two')
  expect(await app.suspicions()).toHaveLength(2)
})

test('sharing: devices refused for the limit are counted', async () => {
  await using app = await openShared({ devices_per_day: 1 }, { max_devices: 1 })
  await app.useOn('one', 'two')
  expect(await app.suspicions()).toHaveLength(1)
})

test('sharing: no event without thresholds, or for validations refused for other reasons', async () => {
  await using app = await openShared({ devices_per_day: 1 }, { require_domain: true })
  await app.send('POST', `/api/v1/licenses/${app.id}/suspend`)
  await app.useOn('one', 'two', 'three')
  expect(await app.suspicions()).toEqual([])
  await using unwatched = await openShared({ devices_per_day: null })
  await unwatched.useOn('one', 'two', 'three')
  expect(await unwatched.suspicions()).toEqual([])
})
