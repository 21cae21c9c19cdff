import { expect, test } from 'bun:test'
import {
  buildScheduledName,
  buildShippedName,
  isShippedName,
  listLeftovers,
  toUsageName,
} from '~/domain/backup-names.ts'
import {
  beginAttempt,
  buildScheduleState,
  endAttempt,
  findNextRun,
  listExpired,
  type ScheduleState,
} from '~/domain/backup-schedule.ts'
import { isBackupName } from '~/domain/backups.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '~/domain/times.ts'

const nowMs = Date.parse('2026-06-15T12:00:00Z')
const MINUTE_MS = 60 * SECOND_MS
const to = '/backups'
/** Every day at 12:00. */
const findNext = (afterMs: number) => (Math.floor((afterMs - DAY_MS / 2) / DAY_MS) + 1.5) * DAY_MS

const made = {
  outcome: 'made',
  name: 'a',
  bytes: 1,
  sha256: '',
  warning: null,
  deleted: [],
} as const
const failed = { outcome: 'failed', problem: 'The disk is full.', isAnnounced: false } as const

const ran = (atMs: number, run: typeof made | typeof failed): ScheduleState =>
  endAttempt(beginAttempt(buildScheduleState(to), to, atMs), run, atMs + SECOND_MS)

const interrupted = (atMs: number, times: number): ScheduleState =>
  Array.from({ length: times }).reduce<ScheduleState>(
    (state) => beginAttempt(state, to, atMs),
    buildScheduleState(to),
  )

test.each<[promise: string, state: ScheduleState, dueMs: number]>([
  ['the first one is due at once', buildScheduleState(to), nowMs],
  ['after a success, the next time of the pattern', ran(nowMs - HOUR_MS, made), nowMs],
  ['one at the very time of the pattern counts', ran(nowMs, made), nowMs + DAY_MS],
  ['missed ones are made up for once', ran(nowMs - 10 * DAY_MS, made), nowMs - 9 * DAY_MS],
  ['one to another target is due at once', { ...ran(nowMs, made), to: 's3://b' }, nowMs],
  ['after a failure, 15 minutes later', ran(nowMs, failed), nowMs + 15 * MINUTE_MS],
  ['after a clock that was ahead, at once', ran(nowMs + 365 * DAY_MS, made), nowMs],
  ['an interrupted one is repeated at once', interrupted(nowMs - 1, 1), nowMs],
  ['but only twice', interrupted(nowMs, 3), nowMs + 15 * MINUTE_MS],
])('backup schedule: %s', (_, state, dueMs) => {
  expect(findNextRun(state, to, findNext, nowMs)).toBe(dueMs)
})

test('backup schedule: failures are counted until a success', () => {
  const twice = endAttempt(beginAttempt(ran(nowMs, failed), to, nowMs), failed, nowMs)
  expect(twice).toMatchObject({ failures: 2, last: { error: failed.problem } })
  const success = endAttempt(beginAttempt({ ...twice, isAnnounced: true }, to, nowMs), made, nowMs)
  expect(success).toMatchObject({ failures: 0, isAnnounced: false, last: { error: null } })
})

const owner = 'abcdefgh'

const daysAgo = (days: number) => ({
  name: buildScheduledName(nowMs - days * DAY_MS, owner, days % 2 === 0),
  bytes: 1,
})
const created = { name: buildScheduledName(nowMs, owner, false), bytes: 1 }
const old = [1, 2, 3, 40].map(daysAgo)
const foreign = [
  buildScheduledName(nowMs - 50 * DAY_MS, 'zyxwvuts', false),
  'licet-scheduled-2020-01-01T00-00-00-000Z.sqlite',
  'licet-2020-01-01T00-00-00-000Z.sqlite',
  'before-restore-2020-01-01T00-00-00-000Z.sqlite',
  'licet-scheduled-2020-01-01T00-00-00-000Z.sqlite.copy',
  'notes.txt',
].map((name) => ({ name, bytes: 1 }))
const future = [-1, -400].map(daysAgo)

test.each<
  [promise: string, keep: number | null, days: number | null, trustedMs: number, left: number[]]
>([
  ['by number, the newest are kept', 3, null, nowMs, [3, 40]],
  ['one is the new one', 1, null, nowMs, [1, 2, 3, 40]],
  ['more than there are', 10, null, nowMs, []],
  ['by age', null, 30, nowMs, [40]],
  ['with both, either keeps', 3, 3, nowMs, [40]],
  ['with both, either keeps', 4, 2, nowMs, [40]],
  ['by an unknown time, nothing is old', null, 1, 0, []],
  ['by a trusted time that is behind the clock', null, 30, nowMs - 11 * DAY_MS, []],
])('backup retention: %s (keep %p, days %p)', (_, keep, keepDays, trustedMs, deleted) => {
  const backups = [...foreign, ...old, created, ...future]
  const found = listExpired(backups, created, { keep, keepDays }, { nowMs, trustedMs })
  expect(found.map(({ name }) => name).sort()).toEqual(
    deleted.map((days) => daysAgo(days).name).sort(),
  )
})

test('backup retention: a clock far ahead deletes by number only, and never the new one', () => {
  const aheadMs = nowMs + 365 * DAY_MS
  const ahead = { name: buildScheduledName(aheadMs, owner, false) }
  const times = { nowMs: aheadMs, trustedMs: nowMs }
  const backups = [...old, created, { ...ahead, bytes: 1 }]
  expect(listExpired(backups, ahead, { keep: null, keepDays: 90 }, times)).toEqual([])
  expect(listExpired(backups, ahead, { keep: 1, keepDays: null }, times)).not.toContain(ahead)
})

test('backup names: usage files belong to a backup, and are none themselves', () => {
  for (const isEncrypted of [false, true]) {
    for (const build of [buildScheduledName, buildShippedName]) {
      const name = build(nowMs, owner, isEncrypted)
      expect([isShippedName(name), isBackupName(name)]).toEqual([true, true])
      const usage = toUsageName(name)
      expect([isShippedName(usage), isBackupName(usage)]).toEqual([false, false])
      expect(usage.endsWith('.age')).toBe(isEncrypted)
    }
  }
})

test('backup leftovers: files of a backup that is incomplete are left over, unless they are of another directory', () => {
  const stem = 'licet-scheduled-2026-03-06T02-30-00-000Z'
  const kept = [
    'notes.txt',
    'licet-2026-03-06T02-30-00-000Z.sqlite',
    `${stem}-zyxwvuts.sqlite.age.shipping`,
    `${stem}-zyxwvuts.usage.sqlite.age`,
    `${stem}-abcdefgh.sqlite.age`,
    `${stem}-abcdefgh.sqlite.age.sha256`,
    `${stem}-abcdefgh.usage.sqlite.age`,
  ]
  const other = stem.replace('06T', '07T')
  const left = [
    `${other}-abcdefgh.sqlite.age.shipping`,
    `${other}-abcdefgh.sqlite.age.sha256`,
    `${other}-abcdefgh.usage.sqlite.age`,
    `${other}-abcdefgh.usage.sqlite.age.sha256`,
    `${other.replace('scheduled-', '')}-abcdefgh.sqlite.shipping`,
  ]
  const names = [...kept, ...left]
  expect(listLeftovers(names, owner, (name) => names.includes(name))).toEqual(left)
})
