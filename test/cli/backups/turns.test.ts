import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { ADMIN_TOKEN, runLicet, Sandbox, spawn, startServer } from '../../support/server.ts'

setDefaultTimeout(300_000)

const sandbox = new Sandbox()
afterAll(() => sandbox[Symbol.dispose]())

const envOf = (directory: string, more: Readonly<Record<string, string>> = {}) => ({
  LICET_DATA_DIR: sandbox.at(directory),
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  LICET_BACKUP_CRON: '0 0 1 1 *',
  ...more,
})

test('schedule: a command waits for the backup of another process, which is no failure', async () => {
  await using server = await startServer(sandbox, envOf('turns'))
  await server.waitForLog('scheduled backup made')
  await server.stop()
  const lock = lockDirectory(sandbox.at('turns', 'backup-work'), 'It is in use.')
  const command = spawn(sandbox, ['jobs', 'run', 'back-up'], envOf('turns'))
  const log = command.stderr.getReader()
  const decoder = new TextDecoder()
  let printed = ''
  while (!printed.includes('waiting for another backup')) {
    const { done, value } = await log.read()
    if (done) throw new Error(`It did not wait: ${printed}`)
    printed += decoder.decode(value)
  }
  const state = readFileSync(sandbox.at('turns', 'backup-schedule.json'), 'utf8')
  lock[Symbol.dispose]()
  expect(await command.exited).toBe(0)
  expect(JSON.parse(state)).toMatchObject({ failures: 0, interruptions: 0, last: { error: null } })
  const names = readdirSync(sandbox.at('turns', 'backups'))
  expect(names.filter((name) => name.endsWith('.sqlite'))).toHaveLength(2)
})

test('schedule: a command and a server that begin at the same time both succeed', async () => {
  await using server = await startServer(sandbox, envOf('both'))
  await server.waitForLog('scheduled backup made')
  const run = () => runLicet(sandbox, ['jobs', 'run', 'back-up'], envOf('both'))
  const results = await Promise.all([run(), run(), run()])
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0])
  const { body } = await server.send('GET', '/api/v1/backups/schedule')
  expect(body).toMatchObject({ failures: 0, last: { error: null } })
  const { body: events } = await server.send('GET', '/api/v1/events?type=backup.failed')
  expect(events.data).toEqual([])
})
