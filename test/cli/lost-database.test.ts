import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { createDatabase } from '~/store/sqlite/open.ts'
import { ADMIN_TOKEN, runLicet, Sandbox, startServer } from '../support/server.ts'

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

/** A data directory as a kill has left it: its latest changes are only in the log. */
const original = sandbox.at('original')
const backup = sandbox.at('backup.sqlite')
let key: string

beforeAll(async () => {
  const env = { LICET_DATA_DIR: original, LICET_ADMIN_TOKEN: ADMIN_TOKEN }
  await using server = await startServer(sandbox, env)
  await server.waitForLog('"maintain-database"')
  await runLicet(sandbox, ['backup', backup], env)
  const order = { plan: 'starter', customer_email: 'dev@example.com' }
  key = (await server.send('POST', '/api/v1/licenses', order)).body.key
  await server.kill()
})

const copyOriginal = () => sandbox.copy(original)

interface Loss {
  readonly lose: (directory: string, database: string) => void
  readonly says: string
}

const losses: Readonly<Record<string, Loss>> = {
  'its database was deleted': {
    lose: (_, database) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true })
    },
    says: 'licet.sqlite is missing, but there was one: master.secret',
  },
  'its database was deleted without its log': {
    lose: (_, database) => rmSync(database),
    says: 'licet.sqlite is missing, but there was one: licet.sqlite-wal, master.secret',
  },
  'its database and its secret were deleted': {
    lose: (directory, database) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true })
      rmSync(`${directory}/master.secret`)
    },
    says: 'licet.sqlite is missing, but there was one: usage.sqlite',
  },
  'only the log of its database is left': {
    lose: (directory) => {
      for (const name of readdirSync(directory)) {
        if (!/^licet\.sqlite-/.test(name)) rmSync(`${directory}/${name}`)
      }
    },
    says: 'licet.sqlite is missing, but there was one: licet.sqlite-wal',
  },
  'its database was emptied': {
    lose: (_, database) => truncateSync(database, 0),
    says: 'licet.sqlite is empty, but there was one',
  },
  'its database was emptied, and its log deleted': {
    lose: (_, database) => {
      truncateSync(database, 0)
      rmSync(`${database}-wal`)
    },
    says: 'licet.sqlite is empty, but there was one',
  },
  'its database was replaced by a new one': {
    lose: (_, database) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix)
      using db = new Database(database, { create: true })
      db.run('PRAGMA journal_mode = WAL')
    },
    says: 'licet.sqlite is empty, perhaps because its -wal file is lost',
  },
  'the log of its database was deleted': {
    lose: (_, database) => {
      for (const suffix of ['-wal', '-shm']) rmSync(database + suffix)
    },
    says: 'it has lost its latest changes',
  },
  'its database was truncated': {
    lose: (_, database) => {
      truncateSync(database, 3 * 4096)
      rmSync(`${database}-wal`)
    },
    says: 'licet.sqlite is damaged: database disk image is malformed',
  },
  'its database is not a database': {
    lose: (_, database) => writeFileSync(database, 'random bytes '.repeat(1000)),
    says: 'licet.sqlite is damaged: file is not a database',
  },
  'its database is a directory': {
    lose: (_, database) => {
      rmSync(database)
      mkdirSync(database)
    },
    says: 'licet.sqlite is damaged: it is not a file',
  },
}

for (const [name, { lose, says }] of Object.entries(losses)) {
  test(`serve: a directory is refused if ${name}, and nothing in it changes`, async () => {
    const directory = copyOriginal()
    lose(directory, `${directory}/licet.sqlite`)
    const before = readdirSync(directory)
    const { code, stderr } = await runLicet(sandbox, ['serve'], { LICET_DATA_DIR: directory })
    expect(stderr).toContain(says)
    expect(stderr).toContain('or restore a backup with: licet restore FILE.')
    expect(code).toBe(1)
    const added = readdirSync(directory).filter((each) => !before.includes(each))
    expect(added.filter((each) => !/^lock\.sqlite$|-shm$|-wal$/.test(each))).toEqual([])

    if (!before.includes('master.secret')) return
    const restored = await runLicet(sandbox, ['restore', backup], { LICET_DATA_DIR: directory })
    expect(restored).toMatchObject({ code: 0, stderr: '' })
    const checked = await runLicet(sandbox, ['check'], { LICET_DATA_DIR: directory })
    expect(checked).toMatchObject({ code: 0, stderr: '' })
  })
}

test('commands: they refuse a directory that has lost its database, and do not create one', async () => {
  const directory = copyOriginal()
  rmSync(`${directory}/licet.sqlite`)
  for (const command of ['check', 'keys list', 'jobs run clean-up', 'backup other.sqlite']) {
    const result = await runLicet(sandbox, command.split(' '), { LICET_DATA_DIR: directory })
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('is missing, but') })
  }
  expect(existsSync(`${directory}/licet.sqlite`)).toBe(false)
})

test('check: it reports that the latest changes are lost', async () => {
  const directory = copyOriginal()
  rmSync(`${directory}/licet.sqlite-wal`)
  const { code, stdout } = await runLicet(sandbox, ['check'], { LICET_DATA_DIR: directory })
  expect(stdout).toContain('FAILED  the latest changes are there: it has lost its latest changes')
  expect(code).toBe(1)
})

test('serve: a directory whose latest changes are lost can be used once its position is deleted', async () => {
  const directory = copyOriginal()
  rmSync(`${directory}/licet.sqlite-wal`)
  rmSync(`${directory}/licet.position`)
  await using server = await startServer(sandbox, { LICET_DATA_DIR: directory })
  expect((await server.send('POST', '/api/v1/validate', { key })).status).toBe(404)
})

test('serve: a directory with everything in it keeps every license after a kill', async () => {
  await using server = await startServer(sandbox, { LICET_DATA_DIR: copyOriginal() })
  expect((await server.send('POST', '/api/v1/validate', { key })).body.valid).toBe(true)
})

test('serve: a first start that was interrupted at any time is finished by the next one', async () => {
  // The files in the order in which a first start creates them.
  const steps = [createLock, createDatabase]
  for (const index of steps.keys()) {
    const directory = sandbox.at(`interrupted-${index}`)
    mkdirSync(directory)
    for (const step of steps.slice(0, index + 1)) step(directory)
    await using server = await startServer(sandbox, { LICET_DATA_DIR: directory })
    expect(await server.stop()).toBe(0)
  }
})

test('serve: a secret that is missing or cannot be read is named, and no new one is created', async () => {
  const directory = copyOriginal()
  const secret = `${directory}/master.secret`
  renameSync(secret, `${secret}.elsewhere`)
  const env = { LICET_DATA_DIR: directory }
  const missing = await runLicet(sandbox, ['serve'], env)
  expect(missing).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`${secret} is missing`),
  })
  mkdirSync(secret)
  const unreadable = await runLicet(sandbox, ['serve'], env)
  expect(unreadable).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`${secret}: EISDIR`),
  })
  rmSync(secret, { recursive: true })
  writeFileSync(secret, '')
  const empty = await runLicet(sandbox, ['serve'], env)
  expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining(`${secret}: `) })
})

function createLock(directory: string): void {
  lockDirectory(directory, 'It is locked.')[Symbol.dispose]()
}
