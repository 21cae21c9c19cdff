import { parseArgs } from 'node:util'
import { buildRequests } from './load.ts'
import { printRatio, printTable } from './report.ts'
import { DOMAIN, deviceOf, openWorkspace, type Workspace } from './seed.ts'
import { startLicet, startOther } from './servers.ts'
import { takeTurns } from './turns.ts'
import { createLicensesSteadily } from './writer.ts'

const help = `Requests per second of POST /api/v1/validate, on loopback, all in one run.

  scripts/bench/validate            beside a bare Elysia route and a hand-written server
  scripts/bench/validate --devices  of a license with many devices beside one with a single device

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
  await using still = await startOther('static')
  await using bare = await startOther('bare')
  await using handWritten = await startOther('hand-written', handWrittenPath)
  await using licet = await startLicet(licetDirectory, logPath)
  const requests = buildRequests(keys.map((key) => ({ key, domain: DOMAIN })))
  const rows = await takeTurns(
    {
      ceiling: { name: 'Fixed bytes: what the load generator can', server: still, requests },
      bare: { name: 'Bare Elysia route', server: bare, requests },
      handWritten: { name: 'Hand-written server', server: handWritten, requests },
      licet: { name: 'Licet', server: licet, requests },
      busy: {
        name: 'Licet, beside 50 new licenses a second',
        server: licet,
        requests,
        beside: () => createLicensesSteadily(licet),
      },
    },
    pace,
  )
  printTable(Object.values(rows))
  printRatio('Licet / bare', rows.licet, rows.bare)
  printRatio('Licet / hand-written', rows.licet, rows.handWritten)
  printRatio('Load generator / bare', rows.ceiling, rows.bare)
}

async function compareDevices(workspace: Workspace) {
  const { keys, oneDeviceKey, manyDevicesKey, licetDirectory, logPath } = workspace
  await using licet = await startLicet(licetDirectory, logPath)
  const fingerprint = deviceOf(0)
  const contender = (name: string, bodies: readonly unknown[]) => ({
    name,
    server: licet,
    requests: buildRequests(bodies),
  })
  const rows = await takeTurns(
    {
      one: contender('The device of a license with 1', [{ key: oneDeviceKey, fingerprint }]),
      oneOfMany: contender(`A device of a license with ${keys.length}`, [
        { key: manyDevicesKey, fingerprint },
      ]),
      apart: contender(
        `${keys.length} licenses with 1 domain each`,
        keys.map((key) => ({ key, domain: DOMAIN })),
      ),
      together: contender(
        `${keys.length} devices of 1 license`,
        keys.map((_, index) => ({ key: manyDevicesKey, fingerprint: deviceOf(index) })),
      ),
    },
    pace,
  )
  printTable(Object.values(rows))
  // Whatever is asked at random misses the processor's caches, so like is compared with like.
  printRatio('A device of many / the only device', rows.oneOfMany, rows.one)
  printRatio('Many devices of one / many licenses', rows.together, rows.apart)
}
