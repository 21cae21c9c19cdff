import { expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { takeProcessName } from '~/edge/process-name.ts'
import { createScratchDirectory } from '../support/scratch.ts'

const fail = (error: unknown) => {
  throw error
}

test('process name of an edge: each start in a directory has the next number', () => {
  const directory = createScratchDirectory()
  const [id] = takeProcessName(directory, fail).split('.')
  expect(id).toMatch(/^[0-9a-f]{16}$/)
  expect(takeProcessName(directory, fail)).toBe(`${id}.2`)
  expect(takeProcessName(directory, fail)).toBe(`${id}.3`)
  expect(takeProcessName(createScratchDirectory(), fail)).not.toStartWith(`${id}`)
})

test('process name of an edge: a damaged file or one that cannot be written gives a new ID', () => {
  const directory = createScratchDirectory()
  writeFileSync(join(directory, 'process'), '\0\0')
  expect(takeProcessName(directory, fail)).toMatch(/^[0-9a-f]{16}\.1$/)
  const unwritable = createScratchDirectory()
  mkdirSync(join(unwritable, 'process.unfinished'))
  const errors: unknown[] = []
  const names = [1, 2].map(() => takeProcessName(unwritable, (error) => errors.push(error)))
  expect(new Set(names).size).toBe(2)
  expect(errors).toHaveLength(2)
})
