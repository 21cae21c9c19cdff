import { expect } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toFileStamp } from '~/domain/times.ts'
import { deleteCopies } from '~/jobs/delete-copies.ts'
import { openTestApp } from '../support/app.ts'
import { onlyPostgres, onlySqlite } from '../support/engine.ts'

const DAY_MS = 86_400_000
const never = new AbortController().signal

onlySqlite(
  'delete-copies: copies from before a restore or a migration are deleted after 90 days, and nothing else',
  async () => {
    await using app = await openTestApp()
    const folder = join(app.directory, 'backups')
    if (!existsSync(folder)) mkdirSync(folder)
    const old = toFileStamp(app.clock.nowMs())
    const young = toFileStamp(app.clock.nowMs() + DAY_MS)
    const copies = [
      `before-migration-${old}.sqlite`,
      `before-restore-${old}.sqlite`,
      `before-restore-${old}.sqlite-wal`,
    ]
    const others = [
      'before-restore-.sqlite',
      `before-restore-${young}.sqlite`,
      `before-restore-${old}.sqlite.mine`,
      `licet-${old}.sqlite`,
      `mine-before-restore-${old}.sqlite`,
    ]
    for (const name of [...copies, ...others]) writeFileSync(join(folder, name), 'a database')
    app.clock.advanceMs(90 * DAY_MS)
    expect(await deleteCopies.run(app.deps, never)).toBe(0)
    app.clock.advanceMs(1)
    expect(await deleteCopies.run(app.deps, never)).toBe(copies.length)
    expect(readdirSync(folder).sort()).toEqual(others.sort())
  },
)

onlySqlite('delete-copies: a clock that jumps ahead deletes nothing', async () => {
  await using app = await openTestApp()
  const folder = join(app.directory, 'backups')
  if (!existsSync(folder)) mkdirSync(folder)
  writeFileSync(join(folder, `before-restore-${toFileStamp(app.clock.nowMs())}.sqlite`), '')
  app.clock.jumpMs(1000 * DAY_MS)
  expect(await deleteCopies.run(app.deps, never)).toBe(0)
  expect(readdirSync(folder)).toHaveLength(1)
})

onlyPostgres('delete-copies: on PostgreSQL, there are none', async () => {
  await using app = await openTestApp()
  expect(await deleteCopies.run(app.deps, never)).toBe(0)
})
