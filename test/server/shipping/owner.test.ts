import { expect, test } from 'bun:test'
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findOwner, openOwner } from '~/server/shipping/owner.ts'
import { createScratchDirectory } from '../../support/scratch.ts'

const folder = createScratchDirectory()
let directories = 0

function createDirectory(): string {
  directories += 1
  const path = join(folder, `${directories}`)
  mkdirSync(path)
  return path
}

function open(dataDir: string) {
  const warnings: string[] = []
  return { owner: openOwner(dataDir, (warning) => warnings.push(warning)), warnings }
}

test('backup owner: a data directory keeps its letters, also when it is renamed', () => {
  const dataDir = createDirectory()
  const { owner, warnings } = open(dataDir)
  expect(owner).toMatch(/^[a-z]{8}$/)
  expect(warnings).toEqual([])
  const renamed = `${dataDir}-renamed`
  renameSync(dataDir, renamed)
  expect(findOwner(renamed)).toBe(owner)
  expect(open(renamed)).toEqual({ owner, warnings: [] })
})

test.each([true, false])(
  'backup owner: a copy gets letters of its own with one warning, and the original keeps its own (times preserved: %p)',
  (preserveTimestamps) => {
    const dataDir = createDirectory()
    const { owner } = open(dataDir)
    const copy = `${dataDir}-copy`
    cpSync(dataDir, copy, { recursive: true, preserveTimestamps })
    expect(findOwner(copy)).toBeNull()
    const opened = open(copy)
    expect(opened.owner).toMatch(/^[a-z]{8}$/)
    expect(opened.owner).not.toBe(owner)
    expect(opened.warnings).toHaveLength(1)
    expect(opened.warnings[0]).toContain(`write ${owner} to`)
    expect(open(copy)).toEqual({ owner: opened.owner, warnings: [] })
    expect(open(dataDir)).toEqual({ owner, warnings: [] })
  },
)

test('backup owner: letters that are written by hand are kept, and a copy of them is recognized', () => {
  const dataDir = createDirectory()
  writeFileSync(join(dataDir, 'backup-owner'), 'kqzmwfta\n')
  expect(findOwner(dataDir)).toBe('kqzmwfta')
  expect(open(dataDir)).toEqual({ owner: 'kqzmwfta', warnings: [] })
  cpSync(dataDir, `${dataDir}-copy`, { recursive: true })
  expect(findOwner(`${dataDir}-copy`)).toBeNull()
})

test('backup owner: without the time of creation, the inode decides', () => {
  const dataDir = createDirectory()
  const { owner } = open(dataDir)
  const path = join(dataDir, 'backup-owner')
  const [, inode] = readFileSync(path, 'utf8').split(/\s+/)
  writeFileSync(path, `${owner}\n${inode} 0\n`)
  expect(findOwner(dataDir)).toBe(owner)
  writeFileSync(path, `${owner}\n${Number(inode) + 1} 0\n`)
  expect(findOwner(dataDir)).toBeNull()
})

test('backup owner: a damaged file is replaced', () => {
  const dataDir = createDirectory()
  for (const text of ['', 'no letters', 'kqzmwfta\nx y\n']) {
    writeFileSync(join(dataDir, 'backup-owner'), text)
    expect(findOwner(dataDir)).toBeNull()
    expect(open(dataDir).owner).toMatch(/^[a-z]{8}$/)
    rmSync(join(dataDir, 'backup-owner'))
  }
})
