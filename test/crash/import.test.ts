import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { databasePath } from '~/store/sqlite/connection.ts'
import { digestDatabase, listImported, writeLicenseList } from '../support/import-files.ts'
import { sizeOf } from '../support/nodes.ts'
import { type Launch, runLicet, Sandbox, spawn, startServer } from '../support/server.ts'

const LICENSES = sizeOf(2000, 100_000)
const KILLS = 3
/** Most of the import is left at each kill, because a busy machine may kill late. */
const KILLED_AFTER = LICENSES / 10
const MASTER_SECRET = Buffer.alloc(32, 7).toString('base64')

const launchIn = (sandbox: Sandbox): Launch => ({
  cwd: sandbox.path,
  env: { LICET_MASTER_SECRET: MASTER_SECRET },
})

function countLicenses(sandbox: Sandbox): number {
  using db = new Database(databasePath(sandbox.at('data')), { readonly: true })
  const row = db.query<{ count: number }, []>('SELECT count(*) AS count FROM licenses').get()
  return row?.count ?? 0
}

/** Kills an import with SIGKILL once it has written that many licenses. */
async function killImport(launch: Launch, sandbox: Sandbox, list: string, count: number) {
  const child = spawn(launch, ['import', 'csv', list], {})
  while (countLicenses(sandbox) < count && child.exitCode === null) await Bun.sleep(1)
  child.kill('SIGKILL')
  await child.exited
  expect(child.signalCode).toBe('SIGKILL')
}

test('import: one beside a server that is killed several times and repeated is equal to one that runs through', async () => {
  using broken = new Sandbox()
  using whole = new Sandbox()
  const list = broken.at('licenses.csv')
  await writeLicenseList(list, LICENSES)
  const [launchBroken, launchWhole] = [launchIn(broken), launchIn(whole)]
  await using _server = await startServer(launchBroken)
  await using _other = await startServer(launchWhole)
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await killImport(launchBroken, broken, list, KILLED_AFTER * kill)
  }
  const imported = countLicenses(broken)
  expect(imported).toBeLessThan(LICENSES)
  const resumed = await runLicet(launchBroken, ['import', 'csv', list])
  expect(resumed.stdout).toStartWith(`${LICENSES - imported} imported, ${imported} already there;`)
  expect((await runLicet(launchWhole, ['import', 'csv', list])).code).toBe(0)
  expect(listImported(broken.at('data'))).toEqual(listImported(whole.at('data')))
}, 600_000)

test(`import: when ${LICENSES} licenses are imported twice, the second import changes no row of any table`, async () => {
  using sandbox = new Sandbox()
  const launch = launchIn(sandbox)
  await (await startServer(launch)).stop()
  const list = sandbox.at('licenses.csv')
  await writeLicenseList(list, LICENSES)
  const first = await runLicet(launch, ['import', 'csv', list])
  expect(first.code).toBe(0)
  expect(first.stdout).toStartWith(`${LICENSES} imported, 0 already there;`)
  const before = digestDatabase(sandbox.at('data'))
  const second = await runLicet(launch, ['import', 'csv', list, '--update'])
  expect(second.stdout).toBe(`0 imported, ${LICENSES} already there; 0 activations created.\n`)
  expect(digestDatabase(sandbox.at('data'))).toEqual(before)
}, 600_000)
