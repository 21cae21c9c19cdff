import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import type { ValidationRecord } from '~/domain/usage.ts'
import {
  createRecorder,
  type HistoryBatch,
  type HistoryRecords,
  type Recorder,
  type UsageBatch,
} from '~/store/recorder.ts'
import { aValidation, startMs } from '../support/samples.ts'

const MINUTE_MS = 60_000

let usage: UsageBatch[]
let history: HistoryBatch[]
let dropped: number
let isFailing: boolean
let recorder: Recorder
/** What the journal was told, in order. */
let journal: string[]

beforeEach(() => {
  usage = []
  history = []
  dropped = 0
  isFailing = false
  journal = []
  recorder = createRecorder({
    journal: {
      append: (number, entry) => void journal.push(`${number}: ${versionsOf(entry)}`),
      forget: (number) => void journal.push(`forget ${number}`),
    },
    writeUsage: async (batch) => void usage.push(batch),
    writeHistory: async (batch) => {
      if (isFailing) throw new Error('The disk is full.')
      history.push(batch)
    },
    lastBatch: 0,
    onError: () => undefined,
    onDropped: () => {
      dropped += 1
    },
  })
})

const record = (given: Partial<ValidationRecord> = {}) =>
  recorder.recordValidation(aValidation(given))
const recordsOf = (entry: string): HistoryRecords => JSON.parse(entry)
const written = () => history.flatMap(({ entries }) => entries.map(recordsOf))
const singles = () => written().flatMap(({ kept }) => kept)
const counted = () => written().flatMap(({ counted }) => counted)
function versionsOf(entry: string): string {
  const { kept, counted } = recordsOf(entry)
  return [...kept, ...counted].map(({ version }) => version).join()
}

/** What waits to be written, of all batches. */
const tallies = () => recorder.waiting().flatMap((batch) => [...batch.tallies])
const sightings = () => recorder.waiting().flatMap((batch) => [...batch.sightings])

describe('a valid validation', () => {
  test('adds to its license at once, until it is written', async () => {
    record({ licenseId: 'lic_a', atMs: startMs + 5 })
    record({ licenseId: 'lic_a', atMs: startMs + 3 })
    record({ licenseId: 'lic_b' })
    expect(tallies()).toEqual([
      ['lic_a', { count: 2, lastAtMs: startMs + 5 }],
      ['lic_b', { count: 1, lastAtMs: startMs }],
    ])
    const flushed = recorder.flush()
    expect(tallies()).toHaveLength(2)
    await flushed
    expect(tallies()).toEqual([])
  })

  test('is a sighting of the activations that it came from', async () => {
    record({ activationIds: ['act_a', 'act_b'] })
    record({ activationIds: ['act_a'], atMs: startMs + 1 })
    expect(sightings()).toEqual([
      ['act_a', startMs + 1],
      ['act_b', startMs],
    ])
    await recorder.flush()
    expect(sightings()).toEqual([])
  })

  test('troubles the database with an activation once an hour, where a plan evicts', async () => {
    for (const minute of [0, 1, 59, 60, 61]) {
      record({
        activationIds: ['act_a'],
        atMs: startMs + minute * MINUTE_MS,
        mayDecideEviction: true,
      })
      record({ activationIds: ['act_b'], atMs: startMs + minute * MINUTE_MS })
      await recorder.flush()
    }
    expect(usage.flatMap((batch) => [...batch.sightings])).toEqual([
      ['act_a', startMs],
      ['act_a', startMs + 60 * MINUTE_MS],
    ])
  })

  test('that could not be written is written before the next, once', async () => {
    isFailing = true
    record()
    await expect(recorder.flush()).rejects.toThrow('full')
    record({ atMs: startMs + 1 })
    expect(tallies()).toEqual([
      ['lic_a', { count: 1, lastAtMs: startMs }],
      ['lic_a', { count: 1, lastAtMs: startMs + 1 }],
    ])
    isFailing = false
    await recorder.flush()
    expect(singles()).toHaveLength(2)
    expect(tallies()).toEqual([])
  })

  test('goes to the history, every one', async () => {
    for (let index = 0; index < 200; index += 1) record()
    await recorder.flush()
    expect(singles()).toHaveLength(200)
    expect(history[0]?.overflow.rollups.size).toBe(0)
  })
})

describe('a refused validation', () => {
  const refused = { error: 'LICENSE_EXPIRED', activationIds: ['act_a'] } as const

  test('counts for no license and sees no activation', async () => {
    record(refused)
    expect([tallies(), sightings()]).toEqual([[], []])
    await recorder.flush()
    expect(usage).toEqual([])
    expect(singles()).toHaveLength(1)
  })

  test('is kept 60 times a minute and license, and counted from then on', async () => {
    for (let index = 0; index < 61; index += 1) record(refused)
    record({ ...refused, licenseId: 'lic_b' })
    record({ ...refused, atMs: startMs + MINUTE_MS })
    await recorder.flush()
    const kept = singles().map(({ licenseId, atMs }) => `${licenseId} ${atMs - startMs}`)
    expect(kept.filter((text) => text === 'lic_a 0')).toHaveLength(60)
    expect(kept).toContain('lic_b 0')
    expect(kept).toContain(`lic_a ${MINUTE_MS}`)
    expect(counted()).toHaveLength(1)
    expect(dropped).toBe(0)
  })
})

describe('the journal', () => {
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  test('has what was recorded within 100 ms, and forgets what was written', async () => {
    for (const version of ['a', 'b']) record({ version })
    expect(journal).toEqual([])
    jest.advanceTimersByTime(100)
    expect(journal).toEqual(['1: a,b'])
    record({ version: 'c' })
    await recorder.flush()
    expect(journal).toEqual(['1: a,b', '1: c', 'forget 1'])
  })

  test('has what comes while others are tried again', async () => {
    record({ version: 'a' })
    isFailing = true
    await expect(recorder.flush()).rejects.toThrow('full')
    record({ version: 'b' })
    await expect(recorder.flush()).rejects.toThrow('full')
    expect(journal).toEqual(['1: a'])
    jest.advanceTimersByTime(100)
    expect(journal).toEqual(['1: a', '2: b'])
  })

  test('has what failed to be written until it is', async () => {
    record({ version: 'a' })
    isFailing = true
    await expect(recorder.flush()).rejects.toThrow('full')
    record({ version: 'b' })
    isFailing = false
    await recorder.flush()
    expect(journal).toEqual(['1: a', 'forget 1', '2: b', 'forget 2'])
    expect(history.map(({ number }) => number)).toEqual([1, 2])
  })
})

describe('what waits for a disk that cannot be written', () => {
  test('has its bound, beyond which it is summed up and told of', async () => {
    const use = { activationIds: ['act_a'], mayDecideEviction: false }
    for (let index = 0; index < 100_000; index += 1) record()
    expect(dropped).toBe(0)
    record({ ...use, atMs: startMs + 5 })
    recorder.recordSighting({ ...use, atMs: startMs + 7 })
    expect(dropped).toBe(1)
    await recorder.flush()
    expect(singles()).toHaveLength(100_000)
    const { tallies, sightings, rollups } = history[0]?.overflow ?? {}
    expect([...(tallies ?? [])]).toEqual([['lic_a', { count: 1, lastAtMs: startMs + 5 }]])
    expect([...(sightings ?? [])]).toEqual([['act_a', startMs + 7]])
    expect(rollups?.size).toBeGreaterThan(0)
    record()
    expect(dropped).toBe(1)
  })

  test('has one bound, however often it was tried', async () => {
    isFailing = true
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 50_000; index += 1) record()
      await expect(recorder.flush()).rejects.toThrow('full')
    }
    expect(dropped).toBe(50_000)
    isFailing = false
    await recorder.flush()
    expect(singles()).toHaveLength(100_000)
  })
})

describe('the use of an API key', () => {
  test('is kept once a minute at most, and known at once', async () => {
    recorder.recordApiKeyUse('key_a', startMs)
    recorder.recordApiKeyUse('key_a', startMs + MINUTE_MS - 1)
    expect(recorder.lastUseOf('key_a')).toBe(startMs)
    await recorder.flush()
    recorder.recordApiKeyUse('key_a', startMs + MINUTE_MS)
    expect(recorder.lastUseOf('key_a')).toBe(startMs + MINUTE_MS)
    await recorder.flush()
    expect(usage.map(({ apiKeyUses }) => [...apiKeyUses])).toEqual([
      [['key_a', startMs]],
      [['key_a', startMs + MINUTE_MS]],
    ])
  })
})
