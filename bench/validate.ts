import { cpSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buildRequests } from './load.ts'
import { printRatio, printTable } from './report.ts'
import { DOMAIN, deviceOf, openWorkspace, type Workspace } from './seed.ts'
import { startLicet, startOther } from './servers.ts'
import { contender, takeTurns } from './turns.ts'
import { createLicensesSteadily } from './writer.ts'

const help = `Requests per second of POST /api/v1/validate, on loopback, all in one run.

  bench/validate            beside a bare Elysia route, a hand-written server, and itself
                                    without recording what it validates
  bench/validate --devices  of a license with many devices beside one with a single device

  --licenses N     how many there are, or how many devices the one has (100000)
  --rounds N       in which each takes its turn (5)
  --seconds N      that a turn lasts (5)
  --connections N  kept alive, each with one request under way (32)`

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
  await using fixedServer = await startOther('static')
  await using bareServer = await startOther('bare')
  await using handWrittenServer = await startOther('hand-written', handWrittenPath)
  const copy = `${licetDirectory}-unrecorded`
  cpSync(licetDirectory, copy, { recursive: true })
  await using forgettingServer = await startOther('unrecorded', copy)
  await using licetServer = await startLicet(licetDirectory, logPath)
  const requests = buildRequests(keys.map((key) => ({ key, domain: DOMAIN })))
  const fixed = contender('Fixed bytes: what the load generator can', fixedServer, requests)
  const bare = contender('Bare Elysia route', bareServer, requests)
  const handWritten = contender('Hand-written server', handWrittenServer, requests)
  const unrecorded = contender('Licet, recording nothing', forgettingServer, requests)
  const licet = contender('Licet', licetServer, requests)
  const busy = {
    ...contender('Licet, beside 50 new licenses a second', licetServer, requests),
    beside: () => createLicensesSteadily(licetServer),
  }
  const contenders = [fixed, bare, handWritten, unrecorded, licet, busy]
  await takeTurns(contenders, pace)
  printTable(contenders)
  printRatio('Licet / bare', licet, bare)
  printRatio('Licet / hand-written', licet, handWritten)
  printRatio('Licet / recording nothing', licet, unrecorded)
  printRatio('Load generator / bare', fixed, bare)
}

async function compareDevices(workspace: Workspace) {
  const { keys, oneDeviceKey, manyDevicesKey, licetDirectory, logPath } = workspace
  await using server = await startLicet(licetDirectory, logPath)
  const count = keys.length
  const fingerprint = deviceOf(0)
  const ask = (name: string, bodies: readonly unknown[]) =>
    contender(name, server, buildRequests(bodies))
  const only = ask('The device of a license with 1', [{ key: oneDeviceKey, fingerprint }])
  const oneOfMany = ask(`A device of a license with ${count}`, [
    { key: manyDevicesKey, fingerprint },
  ])
  // At random all miss the processor's caches alike, so these two are compared with one another.
  const apart = ask(
    `${count} licenses with 1 domain each`,
    keys.map((key) => ({ key, domain: DOMAIN })),
  )
  const together = ask(
    `${count} devices of 1 license`,
    keys.map((_, index) => ({ key: manyDevicesKey, fingerprint: deviceOf(index) })),
  )
  const contenders = [only, oneOfMany, apart, together]
  await takeTurns(contenders, pace)
  printTable(contenders)
  printRatio('A device of many / the only device', oneOfMany, only)
  printRatio('Many devices of one / many licenses', together, apart)
}
