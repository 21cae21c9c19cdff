import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import { createWriteBehind, type WriteBehind } from '~/store/write-behind.ts'

/** Where it is written to: fails when it is told to, and waits while there is a gate. */
let disk: string[][]
let isFailing: boolean
let gate: Promise<void> | null
let errors: unknown[]
let words: WriteBehind<string[]>

beforeEach(() => {
  jest.useFakeTimers()
  disk = []
  isFailing = false
  gate = null
  errors = []
  words = createWriteBehind<string[]>({
    empty: () => [],
    isEmpty: (batch) => batch.length === 0,
    write: async (batch) => {
      await gate
      if (isFailing) throw new Error('the disk is full')
      disk.push([...batch])
    },
    onError: (error) => errors.push(error),
  })
})
afterEach(() => void jest.useRealTimers())

function add(word: string): void {
  words.batch().push(word)
  words.touch()
}

describe('what is written behind', () => {
  test('leaves memory when it is written, all in one write', async () => {
    add('a')
    add('b')
    expect(words.batch()).toEqual(['a', 'b'])
    await words.flush()
    expect(words.batch()).toEqual([])
    expect(disk).toEqual([['a', 'b']])
  })

  test('is written within a second of the first word, without anybody asking', async () => {
    add('a')
    jest.advanceTimersByTime(500)
    add('b')
    jest.advanceTimersByTime(500)
    await words.flush()
    expect(disk).toEqual([['a', 'b']])
  })

  test('is nothing, where nothing was added', async () => {
    await words.flush()
    jest.advanceTimersByTime(1000)
    await words.flush()
    expect(disk).toEqual([])
  })

  test('and added during a write gathers until the next', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    add('a')
    const flushed = words.flush()
    while (words.batch().length > 0) await Promise.resolve()
    add('b')
    resolve()
    await flushed
    expect(disk).toEqual([['a']])
    add('c')
    jest.advanceTimersByTime(1000)
    await words.flush()
    expect(disk).toEqual([['a'], ['b', 'c']])
  })

  test('and added during a write is in the next, and a flush waits for both', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    add('a')
    const first = words.flush()
    while (words.batch().length > 0) await Promise.resolve()
    add('b')
    const second = words.flush()
    resolve()
    await second
    await first
    expect(disk).toEqual([['a'], ['b']])
  })
})

describe('a write that fails', () => {
  test('is followed by the same again, and then by what came since', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    isFailing = true
    add('a')
    const failing = words.flush()
    while (words.batch().length > 0) await Promise.resolve()
    add('b')
    resolve()
    await expect(failing).rejects.toThrow('the disk is')
    expect(words.waiting()).toEqual([['a'], ['b']])
    await expect(words.flush()).rejects.toThrow('the disk is')
    isFailing = false
    await words.flush()
    expect(disk).toEqual([['a'], ['b']])
    expect(words.waiting()).toEqual([[]])
  })

  test('with nobody waiting is told of, and tried again by itself', async () => {
    add('a')
    isFailing = true
    jest.advanceTimersByTime(1000)
    await expect(words.flush()).rejects.toThrow()
    expect(errors).toHaveLength(1)
    isFailing = false
    jest.advanceTimersByTime(1000)
    await words.flush()
    expect(disk).toEqual([['a']])
  })

  test('at the end is not tried again', async () => {
    add('a')
    isFailing = true
    await expect(words.stop()).rejects.toThrow('the disk is')
    isFailing = false
    jest.advanceTimersByTime(1000)
    await Promise.resolve()
    expect(disk).toEqual([])
  })
})
