import { beforeEach, describe, expect, test } from 'bun:test'
import type { ValidationRecord } from '~/domain/usage.ts'
import {
  createRecorder,
  type HistoryBatch,
  type Recorder,
  type UsageBatch,
} from '~/store/recorder.ts'
import { aValidation, startMs } from '../support/samples.ts'

const MINUTE_MS = 60_000

let usage: UsageBatch[]
let history: HistoryBatch[]
let dropped: number
let recorder: Recorder

beforeEach(() => {
  usage = []
  history = []
  dropped = 0
  recorder = createRecorder({
    writeUsage: async (take) => void usage.push(take()),
    writeHistory: async (batch) => void history.push(batch),
    onError: (error) => {
      throw error
    },
    onDropped: () => {
      dropped += 1
    },
  })
})

const record = (given: Partial<ValidationRecord> = {}) =>
  recorder.recordValidation(aValidation(given))
const singles = () => history.flatMap((batch) => batch.singles)

describe('a valid validation', () => {
  test('adds to its license at once, until it is written', async () => {
    record({ licenseId: 'lic_a', atMs: startMs + 5 })
    record({ licenseId: 'lic_a', atMs: startMs + 3 })
    record({ licenseId: 'lic_b' })
    expect(recorder.pendingFor('lic_a')).toEqual({ count: 2, lastAtMs: startMs + 5 })
    await recorder.flush()
    expect(recorder.pendingFor('lic_a')).toBeUndefined()
    expect(usage[0]?.tallies).toEqual(
      new Map([
        ['lic_a', { count: 2, lastAtMs: startMs + 5 }],
        ['lic_b', { count: 1, lastAtMs: startMs }],
      ]),
    )
  })

  test('is a sighting of the activations that it came from', async () => {
    record({ activationIds: ['act_a', 'act_b'] })
    expect(recorder.seenAtMs('act_a')).toBe(startMs)
    await recorder.flush()
    expect(recorder.seenAtMs('act_a')).toBeUndefined()
    expect(usage[0]?.sightings.size).toBe(2)
  })

  test('goes to the history, every one', async () => {
    for (let index = 0; index < 200; index += 1) record()
    await recorder.flush()
    expect(singles()).toHaveLength(200)
    expect(history[0]?.rollups.size).toBe(0)
  })
})

describe('a refused validation', () => {
  const refused = { error: 'LICENSE_EXPIRED', activationIds: ['act_a'] } as const

  test('counts for no license and sees no activation', async () => {
    record(refused)
    expect(recorder.pendingFor('lic_a')).toBeUndefined()
    expect(recorder.seenAtMs('act_a')).toBeUndefined()
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
    expect(history[0]?.rollups.size).toBeGreaterThan(0)
    expect(dropped).toBe(0)
  })
})

test('what waits for a disk that cannot be written has its bound, and is told of', () => {
  for (let index = 0; index < 100_001; index += 1) record()
  expect(dropped).toBe(1)
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
