import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { DAY_MS, HOUR_MS } from '~/domain/times.ts'
import { summarizeCounts } from '~/domain/usage.ts'
import { firstPage, issueOne } from '../store/contract/stores.ts'
import { aValidation, startMs } from '../support/samples.ts'
import { engines, type UsagePlace } from './engines.ts'
import type { OpenedUsage } from './open-usage.ts'
import { aBatch, counted, createProbes, days } from './probes.ts'

let place: UsagePlace
let opened: OpenedUsage

async function reopen(): Promise<void> {
  await opened.close()
  opened = place.open()
}

const { send, countOf, lastOf, summaryOf } = createProbes(() => opened)

const rowsOf = async (licenseId: string) =>
  (await opened.usage.list(licenseId, { fromMs: 0, toMs: startMs + DAY_MS }, firstPage)).data

describe.each(engines)('$engine', ({ create }) => {
  beforeEach(async () => {
    place = await create()
    opened = place.open()
  })
  afterEach(async () => {
    await opened.close()
    await place[Symbol.asyncDispose]()
  })

  test('edge batches: their counts, times and rows are those of the validations', async () => {
    const { license } = await issueOne(opened.store)
    const facts = {
      licenseId: license.id,
      domain: 'a.com',
      activatedDomain: 'a.com',
      country: 'DE',
    }
    await send(1, counted({ ...facts, count: 40, lastAtMs: startMs + 600 }))
    expect(await opened.countersOf(license.id)).toEqual([40, startMs + 600])
    expect(await rowsOf(license.id)).toMatchObject([
      { count: 40, atMs: startMs, lastAtMs: startMs + 600, domain: 'a.com', country: 'DE' },
    ])
    for (const one of [license.id, null]) {
      expect(await summaryOf(one)).toMatchObject({ valid: 40, countries: { DE: 40 } })
    }
  })

  test('edge batches: equal validations of batches within a minute share a row', async () => {
    for (let number = 1; number <= 5; number += 1) {
      const atMs = startMs + number * 700
      await send(number, counted({ count: 3, atMs, lastAtMs: atMs + 600 }))
    }
    expect(await rowsOf('lic_a')).toMatchObject([{ count: 15, lastAtMs: startMs + 4100 }])
  })

  test('edge batches: those of several edges that are written together share a row', async () => {
    await send(1, counted())
    const ofEdge = (edgeId: string) =>
      opened.usage.recordEdgeBatch(aBatch(1, { edgeId }), [counted({ count: 2 })])
    await Promise.all([send(2, counted()), ofEdge('edge_b'), ofEdge('edge_c')])
    expect(await rowsOf('lic_a')).toMatchObject([{ count: 6 }])
    expect(await countOf('lic_a')).toBe(6)
  })

  test('edge batches: a late one does not make the server forget the rows of its own validations', async () => {
    for (let number = 1; number <= 4; number += 1) {
      opened.usage.record(aValidation({ atMs: startMs + number }))
      await send(number, counted({ atMs: startMs - number * HOUR_MS }))
    }
    expect((await rowsOf('lic_a')).filter(({ atMs }) => atMs > startMs)).toMatchObject([
      { count: 4 },
    ])
  })

  test('edge batches: one that is sent again changes nothing', async () => {
    for (const number of [1, 2, 2, 1]) await send(number, counted())
    expect(await countOf('lic_a')).toBe(2)
    await reopen()
    await send(2, counted())
    expect(await countOf('lic_a')).toBe(2)
    expect((await summaryOf(null)).valid).toBe(2)
  })

  test('edge batches: one that is sent twice at the same time counts once', async () => {
    await Promise.all([send(1, counted()), send(1, counted()), send(1, counted())])
    expect(await countOf('lic_a')).toBe(1)
    expect((await summaryOf('lic_a')).valid).toBe(1)
  })

  test('edge batches: numbers may have gaps, and each run of each edge has its own', async () => {
    await send(5, counted())
    await send(9, counted())
    await send(7, counted())
    await opened.usage.recordEdgeBatch(aBatch(1, { run: 'run_b' }), [counted()])
    await opened.usage.recordEdgeBatch(aBatch(1, { edgeId: 'edge_b' }), [counted()])
    expect(await countOf('lic_a')).toBe(4)
  })

  test('edge batches: without a number, each call counts', async () => {
    for (const _ of [1, 2]) await opened.usage.recordEdgeBatch(null, [counted()])
    expect(await countOf('lic_a')).toBe(2)
  })

  test('edge batches: an old validation does not move the last time back, on disk or not', async () => {
    opened.usage.record(aValidation({ atMs: startMs }))
    const sent = send(1, counted({ atMs: startMs - DAY_MS }))
    expect(await lastOf('lic_a')).toBe(startMs)
    await sent
    expect(await lastOf('lic_a')).toBe(startMs)
    await send(2, counted({ atMs: startMs + 1, lastAtMs: startMs + 2 }))
    expect(await lastOf('lic_a')).toBe(startMs + 2)
  })

  test('edge batches: sums are exact however they are cut, repeated and mixed with own ones', async () => {
    let seed = 7
    const random = (max: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % max
    }
    const expected = new Map<string, number>()
    const add = (licenseId: string, count: number) =>
      expected.set(licenseId, (expected.get(licenseId) ?? 0) + count)
    const lasts: Record<string, number> = { edge_a: 0, edge_b: 0, edge_c: 0 }
    const sent: Parameters<typeof opened.usage.recordEdgeBatch>[] = []
    for (let step = 0; step < 150; step += 1) {
      const edgeId = ['edge_a', 'edge_b', 'edge_c'][random(3)] ?? ''
      const records = Array.from({ length: random(30) }, () => {
        const atMs = startMs - random(3) * HOUR_MS + random(5000)
        const count = 1 + random(50)
        const licenseId = `lic_${random(9)}`
        add(licenseId, count)
        return counted({
          licenseId,
          atMs,
          lastAtMs: atMs + random(700),
          count,
          version: `${random(4)}`,
        })
      })
      const number = (lasts[edgeId] ?? 0) + 1 + random(3)
      lasts[edgeId] = number
      const batch = [aBatch(number, { edgeId }), records] as const
      sent.push([...batch])
      const repeated = sent[random(sent.length)]
      const calls = [opened.usage.recordEdgeBatch(...batch)]
      if (repeated !== undefined) calls.push(opened.usage.recordEdgeBatch(...repeated))
      const own = `lic_${random(9)}`
      opened.usage.record(aValidation({ licenseId: own, atMs: startMs + random(9000) }))
      add(own, 1)
      await Promise.all(calls)
      if (random(40) === 0) await reopen()
    }
    for (const [licenseId, count] of expected) expect(await countOf(licenseId)).toBe(count)
    const total = [...expected.values()].reduce((sum, count) => sum + count, 0)
    const counts = await opened.usage.listCounts(null, days(-1, 0))
    expect(summarizeCounts(counts).valid).toBe(total)
    const chunk = await opened.usage.export({ fromMs: 0, toMs: startMs + DAY_MS }, null, 100_000)
    expect(chunk.data.reduce((sum, { count }) => sum + count, 0)).toBe(total)
  })

  test('edge batches: validations from before the erasure of a customer arrive without traces', async () => {
    const traces = { fingerprint: 'machine', address: '203.0.113.0', version: '1' }
    await opened.usage.erase(['lic_a'], startMs)
    await reopen()
    await send(
      1,
      counted({ ...traces, atMs: startMs - 1, count: 2 }),
      counted({ ...traces, atMs: startMs + HOUR_MS }),
      counted({ ...traces, licenseId: 'lic_b', atMs: startMs - 1 }),
    )
    const shown = async (licenseId: string) =>
      (await rowsOf(licenseId)).map(({ address, fingerprint, count }) => [
        address,
        fingerprint,
        count,
      ])
    expect(await shown('lic_a')).toEqual([
      ['203.0.113.0', 'machine', 1],
      [null, null, 2],
    ])
    expect(await shown('lic_b')).toEqual([['203.0.113.0', 'machine', 1]])
  })
})
