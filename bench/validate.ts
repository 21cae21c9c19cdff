import { cpSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buildRequests } from './load.ts'
import { printRatio, printTable } from './report.ts'
import { DOMAIN, deviceOf, openWorkspace, type Workspace } from './seed.ts'
import { startComparison, startLicet } from './servers.ts'
import { createContender, takeTurns } from './turns.ts'
import { createLicensesSteadily } from './writer.ts'

const help = `Measures requests per second of POST /api/v1/validate on loopback, all in one run.

Usage:
  bench/validate            Licet, compared with a bare Elysia route, a hand-written server, and
                            Licet without recording validations
  bench/validate --devices  a license with many devices, compared with one that has a single device

Options (default):
  --licenses N     licenses, or devices of the license with many devices (100000)
  --rounds N       rounds in which every server is measured once (5)
  --seconds N      duration of each measurement (5)
  --connections N  keep-alive connections with one request in flight each (32)`

const { values } = parseArgs({
  options: {
    devices: { type: 'boolean', default: false },
    licenses: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
    help: { type: 'boolean', default: false },
  },
})
const pace = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  connections: Number(values.connections),
}

if (values.help) console.log(help)
else {
  using workspace = await openWorkspace(Number(values.licenses))
  await (values.devices ? compareDevices(workspace) : compareServers(workspace))
}

async function compareServers({ keys, licetDirectory, handWrittenPath, logPath }: Workspace) {
  await using fixedServer = await startComparison('static')
  await using bareServer = await startComparison('bare')
  await using handWrittenServer = await startComparison('hand-written', handWrittenPath)
  const unrecordedDirectory = `${licetDirectory}-unrecorded`
  cpSync(licetDirectory, unrecordedDirectory, { recursive: true })
  await using unrecordedServer = await startComparison('unrecorded', unrecordedDirectory)
  await using licetServer = await startLicet(licetDirectory, logPath)
  const requests = buildRequests(keys.map((key) => ({ key, domain: DOMAIN })))
  const fixed = createContender(
    'Constant bytes (ceiling of the load generator)',
    fixedServer,
    requests,
  )
  const bare = createContender('Bare Elysia route', bareServer, requests)
  const handWritten = createContender('Hand-written server', handWrittenServer, requests)
  const unrecorded = createContender('Licet without recording', unrecordedServer, requests)
  const licet = createContender('Licet', licetServer, requests)
  const busy = {
    ...createContender('Licet with 50 new licenses per second', licetServer, requests),
    startBackground: () => createLicensesSteadily(licetServer),
  }
  const contenders = [fixed, bare, handWritten, unrecorded, licet, busy]
  await takeTurns(contenders, pace)
  printTable(contenders)
  printRatio('Licet / bare', licet, bare)
  printRatio('Licet / hand-written', licet, handWritten)
  printRatio('Licet / Licet without recording', licet, unrecorded)
  printRatio('Load generator / bare', fixed, bare)
}

async function compareDevices(workspace: Workspace) {
  const { keys, oneDeviceKey, manyDevicesKey, licetDirectory, logPath } = workspace
  await using server = await startLicet(licetDirectory, logPath)
  const count = keys.length
  const fingerprint = deviceOf(0)
  const createRow = (name: string, bodies: readonly unknown[]) =>
    createContender(name, server, buildRequests(bodies))
  const only = createRow('The device of a license with 1 device', [
    { key: oneDeviceKey, fingerprint },
  ])
  const oneOfMany = createRow(`One device of a license with ${count}`, [
    { key: manyDevicesKey, fingerprint },
  ])
  // Random requests miss the processor's caches, so compare these two with each other only.
  const apart = createRow(
    `${count} licenses with 1 domain each`,
    keys.map((key) => ({ key, domain: DOMAIN })),
  )
  const together = createRow(
    `${count} devices of 1 license`,
    keys.map((_, index) => ({ key: manyDevicesKey, fingerprint: deviceOf(index) })),
  )
  const contenders = [only, oneOfMany, apart, together]
  await takeTurns(contenders, pace)
  printTable(contenders)
  printRatio('One device of many / the only device', oneOfMany, only)
  printRatio('Many devices of one license / many licenses', together, apart)
}
