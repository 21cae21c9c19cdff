import { Database } from 'bun:sqlite'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { former, formerEnvironment, unpackFormer } from '../../support/former-directory.ts'
import { startServer } from '../../support/server.ts'
import { checkEverything } from '../check.ts'
import {
  type Fault,
  killCommand,
  killServer,
  openSideWorld,
  requireSuccess,
  restart,
  waitForChanges,
} from '../fault.ts'
import { environmentOf } from '../world.ts'

const CHANGES = 200
const DAY_MS = 86_400_000
const JUMP_DAYS_MAX = 30
const COPIES = 20_000
const MIGRATION_KILLS = 3
const MIGRATION_MS = 1200
const engines = ['sqlite'] as const

/** The clock is set forward and back, and the server is killed in between. */
const clockJumps: Fault = {
  name: 'clock jumps by up to 30 days, forward and back, with kills',
  share: 4,
  engines,
  isApart: true,
  async run(soak) {
    const jumpFile = join(soak.root, soak.nextName())
    await using side = await openSideWorld(soak, CHANGES, {
      env: {
        TEST_CLOCK_MS: String(Date.now()),
        TEST_CLOCK_JUMP_FILE: jumpFile,
        BUN_OPTIONS: formerEnvironment.BUN_OPTIONS,
      },
    })
    const { world } = side
    for (const direction of [1, -1, 1, -1]) {
      const days = 1 + soak.random.below(JUMP_DAYS_MAX)
      writeFileSync(jumpFile, String(direction * days * DAY_MS))
      await waitForChanges(world, CHANGES)
      await killServer(soak, world)
      // Stored responses are kept for a day, and by the new clock that is over.
      world.stored.length = 0
      await restart(soak, world)
    }
    await side.endLoad()
    world.stored.length = 0
    await checkEverything(world)
  },
}

/** A data directory of version 0.1.0 with many licenses, whose upgrade is killed again and again. */
const duringMigration: Fault = {
  name: 'kill -9 while a data directory of version 0.1.0 is upgraded',
  share: 4,
  engines,
  isApart: true,
  async run(soak) {
    const { world, root, outcome } = soak
    const directory = join(root, soak.nextName())
    unpackFormer(directory)
    const before = copyLicenses(join(directory, 'licet.sqlite'))
    const env = { ...environmentOf(directory), ...formerEnvironment }
    for (let count = 0; count < MIGRATION_KILLS; count += 1) {
      await killCommand(soak, ['serve'], env, MIGRATION_MS)
    }
    const startedAtMs = performance.now()
    await using server = await startServer({ cwd: root }, env)
    outcome.recoveredMs.push(performance.now() - startedAtMs)
    const verdicts = []
    for (const { key } of [former, former.imported, former.suspended]) {
      const { body } = await server.send('POST', '/api/v1/validate', { key, domain: 'example.com' })
      verdicts.push(body.valid ? 'valid' : body.error)
    }
    const [mine] = verdicts
    if (mine !== 'valid' || verdicts[2] !== 'LICENSE_SUSPENDED') {
      world.find('wrong', `after an upgrade, the verdicts are ${verdicts.join()}`)
    }
    await server.stop()
    const after = countLicenses(join(directory, 'licet.sqlite'))
    if (after !== before) world.find('lost', `${before - after} licenses by an upgrade`)
    const upgraded = { environment: env, find: world.find }
    await requireSuccess(soak, upgraded, 'after an upgrade', ['check'])
  },
}

/** Adds copies of a license, so that the upgrade takes long enough to be killed. Returns the number of all. */
function copyLicenses(path: string): number {
  using db = new Database(path)
  const copy = "printf('lic_%026d', value)"
  copyRows(db, 'licenses', 'id', {
    id: copy,
    key_hash: "printf('%043d', value)",
    external_ref: 'NULL',
  })
  copyRows(db, 'events', 'license_id', {
    license_id: copy,
    position: 'NULL',
    id: "printf('evt_%020d%06d', value, sequence)",
  })
  return countLicenses(path)
}

/** Copies the rows of one license. `changed` has an expression for each column that differs. */
function copyRows(
  db: Database,
  table: string,
  key: string,
  changed: Readonly<Record<string, string>>,
): void {
  const columns = db
    .query<{ name: string }, []>(`PRAGMA table_info(${table})`)
    .all()
    .map(({ name }) => name)
  const values = columns.map((name) => changed[name] ?? name)
  db.run(
    `WITH RECURSIVE copies (value) AS
       (SELECT 1 UNION ALL SELECT value + 1 FROM copies WHERE value < ${COPIES})
     INSERT INTO ${table} (${columns.join()})
     SELECT ${values.join()} FROM ${table}, copies WHERE ${key} = ?`,
    [former.suspended.id],
  )
}

function countLicenses(path: string): number {
  using db = new Database(path)
  const [[count] = []] = db.query('SELECT count(*) FROM licenses').values()
  return Number(count)
}

export const timeFaults = [clockJumps, duringMigration]
