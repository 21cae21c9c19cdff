import { afterEach, beforeEach, expect, jest, test } from 'bun:test'
import { type Buffer, createBuffer } from '~/usage/buffer.ts'
import { parseFacts } from '~/usage/records.ts'
import { aValidation } from '../support/samples.ts'

/** The batches on the disk: `number: versions`. Writes fail while the disk is full. */
let disk: string[]
let isFull: boolean
/** While it is set, the counters of written batches are not in the file yet. */
let isStaged: boolean
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
  gate = null
  errors = []
  dropped = 0
  buffer = createBuffer({
    readLastBatch: async () => 7,
    write: async ({ number, lines }) => {
      await gate
      if (isFull) throw new Error('the disk is full')
      disk.push(`${number}: ${lines.map(versionOf).join()}`)
      return isStaged ? 0 : number
    },
    onError: (error) => errors.push(error),
    onDropped: () => {
      dropped += 1
    },
  })
})
afterEach(() => void jest.useRealTimers())

function add(...versions: readonly string[]): void {
  for (const version of versions) buffer.add(aValidation({ version }))
}

const versionOf = (line: string) => parseFacts(line.slice(line.indexOf('[')), 0).version

/** Returns how many valid validations each pending batch has. */
const countPending = () =>
  buffer.listPending().map(({ counters }) => counters.get('lic_a')?.validationCount ?? 0)

/** Starts a flush, and returns once its write has begun. */
async function startFlush(): Promise<{ readonly flushed: Promise<void> }> {
  const flushed = buffer.flush()
  while (buffer.listPending().length === 1) await Promise.resolve()
  return { flushed }
}

test('buffer: validations are pending until their batch is written', async () => {
  add('a', 'b')
  expect(countPending()).toEqual([2])
  const { flushed } = await startFlush()
  expect(countPending()).toEqual([2, 0])
  await flushed
  expect(countPending()).toEqual([0])
  expect(disk).toEqual(['8: a,b'])
})

test('buffer: counters of a written batch are pending until the file includes them', async () => {
  isStaged = true
  add('a', 'b')
  await buffer.flush()
  expect(countPending()).toEqual([2, 0])
  isStaged = false
  add('c')
  await buffer.flush()
  expect(countPending()).toEqual([0])
  expect(disk).toEqual(['8: a,b', '9: c'])
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
  expect(countPending()).toEqual([0])
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
