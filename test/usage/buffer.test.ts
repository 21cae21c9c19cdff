import { afterEach, beforeEach, expect, jest, test } from 'bun:test'
import { type Buffer, createBuffer } from '~/usage/buffer.ts'
import { parseFacts } from '~/usage/records.ts'
import { SHARDS } from '~/usage/shards.ts'
import { aValidation } from '../support/samples.ts'

/** The batches on the disk: `number: versions`. Writes fail while the disk is full. */
let disk: string[]
let isFull: boolean
/** While it is set, the counters of written batches are not in the file yet. */
let isStaged: boolean
let last: number
let folds: number
/** While it is set, writes wait for it. */
let gate: Promise<void> | null
let errors: unknown[]
let dropped: number
let buffer: Buffer

beforeEach(() => {
  jest.useFakeTimers()
  disk = []
  isFull = false
  isStaged = false
  last = 0
  folds = 0
  gate = null
  errors = []
  dropped = 0
  buffer = createBuffer({
    readLastBatch: async () => 7,
    write: async (number, text) => {
      await gate
      if (isFull) throw new Error('the disk is full')
      disk.push(`${number}: ${text.split('\n').map(versionOf).join()}`)
      last = number
      return listLastFolded()
    },
    foldDue: async () => {
      folds += 1
      return listLastFolded()
    },
    onError: (error) => errors.push(error),
    onDropped: () => {
      dropped += 1
    },
  })
})
afterEach(() => void jest.useRealTimers())

const listLastFolded = () => Array(SHARDS).fill(isStaged ? 0 : last)

function add(...versions: readonly string[]): void {
  for (const version of versions) buffer.add(aValidation({ version }))
}

const versionOf = (line: string) => parseFacts(line.slice(line.indexOf('[')), 0).version

/** Returns how many validations are pending: those that are staged, in flight, and the others. */
const countPending = () => buffer.listPending('lic_a').map(({ validationCount }) => validationCount)

async function settle(): Promise<void> {
  for (let index = 0; index < 30; index += 1) await Promise.resolve()
}

/** Starts a flush, and returns once its write has begun. */
async function startFlush(): Promise<{ readonly flushed: Promise<void> }> {
  const flushed = buffer.flush()
  while (buffer.listPending('lic_a').at(-1)?.lastBatch === Number.POSITIVE_INFINITY)
    await Promise.resolve()
  return { flushed }
}

test('buffer: validations are pending until their batch is written', async () => {
  add('a', 'b')
  expect(countPending()).toEqual([2])
  const { flushed } = await startFlush()
  expect(countPending()).toEqual([2])
  await flushed
  expect(countPending()).toEqual([])
  expect(disk).toEqual(['8: a,b'])
})

test('buffer: counters of a written batch are pending until the file includes them', async () => {
  isStaged = true
  add('a', 'b')
  await buffer.flush()
  add('c')
  expect(countPending()).toEqual([2, 1])
  await buffer.flush()
  expect(countPending()).toEqual([2, 1])
  isStaged = false
  add('d')
  await buffer.flush()
  expect(countPending()).toEqual([])
  expect(disk).toEqual(['8: a,b', '9: c', '10: d'])
})

test('buffer: what is staged is folded in the background, without any further validation', async () => {
  isStaged = true
  add('a')
  jest.advanceTimersByTime(700)
  await settle()
  expect(folds).toBe(1)
  isStaged = false
  jest.advanceTimersByTime(700)
  await settle()
  expect([countPending(), folds]).toEqual([[], 2])
  jest.advanceTimersByTime(7000)
  await settle()
  expect(folds).toBe(2)
})

test('buffer: what an earlier process has staged is pending, and is folded', async () => {
  isStaged = true
  const counters = new Map([['lic_a', { validationCount: 5, lastValidatedAtMs: 1 }]])
  const none = { lastBatch: 0, counters: new Map() }
  buffer.inherit(() => [...Array(SHARDS - 1).fill(none), { lastBatch: 7, counters }])
  add('a')
  expect(countPending()).toEqual([5, 1])
  jest.advanceTimersByTime(700)
  await settle()
  expect(countPending()).toEqual([5, 1])
  isStaged = false
  jest.advanceTimersByTime(700)
  await settle()
  expect([countPending(), folds]).toEqual([[], 2])
})

test('buffer: a batch is written within a second of its first validation', async () => {
  add('a')
  jest.advanceTimersByTime(500)
  add('b')
  jest.advanceTimersByTime(500)
  await Promise.resolve()
  await buffer.flush()
  expect(disk).toEqual(['8: a,b'])
})

test('buffer: nothing is written when nothing was added', async () => {
  await buffer.flush()
  jest.advanceTimersByTime(1000)
  await buffer.flush()
  expect(disk).toEqual([])
})

test('buffer: validations added during a write go into the next batch', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  gate = promise
  add('a')
  const first = await startFlush()
  add('b')
  const second = buffer.flush()
  resolve()
  await Promise.all([first.flushed, second])
  expect(disk).toEqual(['8: a', '9: b'])
})

test('buffer: a batch that fails is written again unchanged, before the next', async () => {
  isFull = true
  add('a')
  await expect(buffer.flush()).rejects.toThrow('full')
  add('b')
  await expect(buffer.flush()).rejects.toThrow('full')
  expect(countPending()).toEqual([1, 1])
  isFull = false
  await buffer.flush()
  expect(disk).toEqual(['8: a', '9: b'])
})

test('buffer: a batch that fails in the background is reported and written again', async () => {
  isFull = true
  add('a')
  jest.advanceTimersByTime(1000)
  await expect(buffer.flush()).rejects.toThrow('full')
  expect(errors).toHaveLength(1)
  isFull = false
  jest.advanceTimersByTime(1000)
  await buffer.flush()
  expect(disk).toEqual(['8: a'])
})

test('buffer: validations that find no room are dropped and reported, until there is room', async () => {
  isFull = true
  for (let round = 0; round < 3; round += 1) {
    for (let index = 0; index < 50_000; index += 1) add('a')
    await expect(buffer.flush()).rejects.toThrow('full')
  }
  expect(dropped).toBe(50_000)
  isFull = false
  await buffer.flush()
  expect(countPending()).toEqual([])
  add('b')
  expect(dropped).toBe(50_000)
})

test('buffer: closing writes what is pending, and later validations are dropped', async () => {
  add('a')
  await buffer.close()
  add('b')
  jest.advanceTimersByTime(1000)
  await Promise.resolve()
  expect(disk).toEqual(['8: a'])
  expect(dropped).toBe(1)
})

test('buffer: closing does not write a failed batch again', async () => {
  isFull = true
  add('a')
  await expect(buffer.close()).rejects.toThrow('full')
  isFull = false
  jest.advanceTimersByTime(1000)
  await Promise.resolve()
  expect(disk).toEqual([])
})
