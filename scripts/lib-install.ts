import { Database } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'

const WAIT_MAX_MS = 600_000
const stamp = Bun.file('node_modules/.installed-from')

// Two scripts may run at once. An open transaction is a lock that ends with the process.
mkdirSync('.bun', { recursive: true })
const lock = new Database('.bun/install.sqlite')
lock.run(`PRAGMA busy_timeout = ${WAIT_MAX_MS}`)
lock.run('BEGIN EXCLUSIVE')

const sources = (await Bun.file('package.json').text()) + (await Bun.file('bun.lock').text())
const isInstalled = (await stamp.exists()) && (await stamp.text()) === sources
if (!isInstalled) {
  console.log('Installing the packages of bun.lock into node_modules.')
  const install = [process.execPath, 'install', '--frozen-lockfile']
  const { exitCode, stdout, stderr } = Bun.spawnSync(install, { stdin: 'ignore' })
  if (exitCode !== 0) {
    console.error(`${stdout}${stderr}`)
    process.exit(1)
  }
  await Bun.write(stamp, sources)
}
