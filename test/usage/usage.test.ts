import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { DAY_MS } from '~/domain/times.ts'
import { summarizeCounts } from '~/domain/usage.ts'
import { contextAt, firstPage, issueOne, touch } from '../store/contract/stores.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { engines, type UsagePlace } from './engines.ts'
import type { OpenedUsage } from './open-usage.ts'
import { createProbes, days } from './probes.ts'

let place: UsagePlace
let opened: OpenedUsage

async function reopen(): Promise<void> {
  await opened.close()
  opened = place.open()
}

const { record } = createProbes(() => opened)
const firstPageOf = (licenseId: string) =>
  opened.usage.list(licenseId, { fromMs: 0, toMs: startMs + DAY_MS }, firstPage)

describe.each(engines)('$engine', ({ create }) => {
  beforeEach(async () => {
    place = await create()
    opened = place.open()
  })
  afterEach(async () => {
    await opened.close()
    await place[Symbol.asyncDispose]()
  })

  test('usage counters: every read includes all validations, on disk or not', async () => {
    const { license } = await issueOne(opened.store)
    expect(await opened.countersOf(license.id)).toEqual([0, null])
    record(license.id, startMs + 1)
    record(license.id, startMs + 3)
    record(license.id, startMs + 2)
    expect(await opened.countersOf(license.id)).toEqual([3, startMs + 3])
    const { data } = await opened.store.licenses.list({}, firstPage)
    expect(data[0]?.usage.validationCount).toBe(3)
    await opened.usage.flush()
    expect(await opened.countersOf(license.id)).toEqual([3, startMs + 3])
    record(license.id, startMs + 4)
    expect(await opened.countersOf(license.id)).toEqual([4, startMs + 4])
  })

  test('usage counters: a changed license is returned with its counters', async () => {
    const { license } = await issueOne(opened.store)
    record(license.id, startMs + 1)
    const unchanged = () => ({ result: null, changes: [], events: [] })
    const changed = await opened.store.licenses.change(
      license.id,
      { intent: 'none' },
      contextAt(),
      unchanged,
    )
    expect(changed?.usage).toEqual({ validationCount: 1, lastValidatedAtMs: startMs + 1 })
    const ids = { ids: [license.id] }
    const many = await opened.store.licenses.changeMany(ids, 1, contextAt(), unchanged)
    expect(many[0]?.usage.validationCount).toBe(1)
  })

  test('usage counters: refused validations do not count', async () => {
    const { license } = await issueOne(opened.store)
    opened.usage.record(aValidation({ licenseId: license.id, error: 'LICENSE_EXPIRED' }))
    expect(await opened.countersOf(license.id)).toEqual([0, null])
    await opened.usage.flush()
    expect(await opened.countersOf(license.id)).toEqual([0, null])
  })

  test('usage counters: flushing and closing write them', async () => {
    const { license } = await issueOne(opened.store)
    record(license.id, startMs + 1)
    await opened.usage.flush()
    record(license.id, startMs + 2)
    await reopen()
    expect(await opened.countersOf(license.id)).toEqual([2, startMs + 2])
  })

  test('usage counters: an earlier validation does not move the last time back', async () => {
    const { license } = await issueOne(opened.store)
    record(license.id, startMs + 9)
    await opened.usage.flush()
    record(license.id, startMs)
    expect(await opened.countersOf(license.id)).toEqual([2, startMs + 9])
    await opened.usage.flush()
    expect(await opened.countersOf(license.id)).toEqual([2, startMs + 9])
  })

  test('usage counters: each validation counts once, however commands and flushes mix', async () => {
    const { license } = await issueOne(opened.store)
    const rounds = Array.from({ length: 30 }, async (_, index) => {
      record(license.id, startMs + index)
      if (index % 3 === 0) await opened.usage.flush()
      if (index % 5 === 0) await touch(opened.store, license.id)
      const [count = 0] = (await opened.countersOf(license.id)) ?? []
      expect(count).toBeLessThanOrEqual(30)
    })
    await Promise.all(rounds)
    expect(await opened.countersOf(license.id)).toEqual([30, startMs + 29])
    await opened.usage.flush()
    expect(await opened.countersOf(license.id)).toEqual([30, startMs + 29])
    expect((await opened.store.licenses.find(license.id))?.license.version).toBe(7)
  })

  test('usage counters: an unknown license has an entry without validations', async () => {
    record('lic_used', startMs)
    const counters = await opened.usage.readCounters(['lic_none', 'lic_used'])
    expect([...counters]).toEqual([
      ['lic_none', { validationCount: 0, lastValidatedAtMs: null }],
      ['lic_used', { validationCount: 1, lastValidatedAtMs: startMs }],
    ])
  })

  test('usage history: queries include what was just recorded, individually, as counts and by day', async () => {
    const { usage } = opened
    usage.record(aValidation({ country: 'DE', fingerprint: 'machine' }))
    usage.record(aValidation({ error: 'LICENSE_EXPIRED', atMs: startMs - DAY_MS }))
    usage.record(aValidation({ licenseId: 'lic_b' }))
    const { data } = await firstPageOf('lic_a')
    expect(data).toMatchObject([
      { licenseId: 'lic_a', error: null, country: 'DE', fingerprint: 'machine' },
      { licenseId: 'lic_a', error: 'LICENSE_EXPIRED', atMs: startMs - DAY_MS },
    ])
    const ofLicense = summarizeCounts(await usage.listCounts('lic_a', days(-1, 0)))
    expect(ofLicense).toMatchObject({ valid: 1, refused: 1, countries: { DE: 1 } })
    const ofAll = summarizeCounts(await usage.listCounts(null, days(0, 0)))
    expect(ofAll).toMatchObject({ valid: 2, refused: 0, plans: { professional: 2 } })
    expect(await usage.countDevices('lic_a', days(0, 0))).toBe(1)
    const series = await usage.listSeries('lic_a', days(-2, 0), ['verdict', null])
    expect(series).toEqual([
      { bucket: days(-1, 0).first, valid: 0, refused: 1 },
      { bucket: days(0, 0).first, valid: 1, refused: 0 },
    ])
  })

  test('usage history: an unknown license has none', async () => {
    expect((await firstPageOf('lic_none')).data).toEqual([])
    expect(await opened.usage.listCounts('lic_none', days(0, 0))).toEqual([])
    expect(await opened.usage.countDevices('lic_none', days(0, 0))).toBe(0)
  })

  test('usage history: trimming deletes individual validations of earlier days, and no counts', async () => {
    for (const atMs of [startMs - DAY_MS, startMs]) record('lic_a', atMs)
    await opened.usage.flush()
    expect(await opened.usage.trim(startMs, 10)).toBe(1)
    expect((await firstPageOf('lic_a')).data).toHaveLength(1)
    expect(summarizeCounts(await opened.usage.listCounts('lic_a', days(-1, 0))).valid).toBe(2)
  })

  test('usage history: an export comes in chunks', async () => {
    const { usage } = opened
    for (const version of ['1', '2', '3']) usage.record(aValidation({ version }))
    const range = { fromMs: startMs, toMs: startMs + 1 }
    const first = await usage.export(range, null, 2)
    const rest = await usage.export(range, first.after, 2)
    expect([...first.data, ...rest.data].map(({ version }) => version)).toEqual(['1', '2', '3'])
    expect(rest.after).toBeNull()
  })

  test('usage history: erasing redacts what was just recorded too', async () => {
    opened.usage.record(aValidation({ address: '203.0.113.0', fingerprint: 'machine' }))
    opened.usage.record(aValidation({ licenseId: 'lic_b', address: '203.0.113.0' }))
    expect(await opened.usage.erase(['lic_a', 'lic_none'], startMs)).toBe(1)
    expect((await firstPageOf('lic_a')).data).toMatchObject([{ address: null, fingerprint: null }])
    expect((await firstPageOf('lic_b')).data).toMatchObject([{ address: '203.0.113.0' }])
  })

  test('usage: 2500 validations in one batch are all written', async () => {
    for (let index = 0; index < 2500; index += 1) record('lic_a', startMs + index)
    await reopen()
    expect(summarizeCounts(await opened.usage.listCounts('lic_a', days(0, 0))).valid).toBe(2500)
  })
})
