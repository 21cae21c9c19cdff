import { SQL } from 'bun'
import { type Expected, expectCreated, soakPlan } from '../expected.ts'
import type { Fault, Soak } from '../fault.ts'
import { killCommand, killServer, restart, runCommand, waitForChanges } from '../fault.ts'
import { environmentOf } from '../world.ts'

const START_MS = 400
const STOP_MS = 30
const DUE = 300
const DUE_MS = 1500
const SWEEP_MS = 400
const engines = ['sqlite', 'postgres'] as const

/** The moment within a transaction differs each time. */
const aMoment = ({ random }: Soak) => Bun.sleep(random.below(8))

const duringLoad: Fault = {
  name: 'kill -9 of the server under load',
  share: 100,
  engines,
  async run(soak) {
    await aMoment(soak)
    await killServer(soak, soak.world)
    await restart(soak, soak.world)
  },
}

const duringStart: Fault = {
  name: 'kill -9 of the server while it starts after a kill',
  share: 10,
  engines: ['sqlite'],
  async run(soak) {
    await killServer(soak, soak.world)
    const env = environmentOf(soak.world.directory)
    for (let count = 1 + soak.random.below(3); count > 0; count -= 1) {
      await killCommand(soak, ['serve'], env, START_MS)
    }
    await restart(soak, soak.world)
  },
}

const duringStop: Fault = {
  name: 'kill -9 of the server while it stops',
  share: 10,
  engines,
  async run(soak) {
    const { life } = soak.world
    const stopped = life.server().stop()
    await Promise.race([stopped, Bun.sleep(soak.random.below(STOP_MS))])
    await killServer(soak, soak.world)
    await restart(soak, soak.world)
  },
}

/** Licenses that are due expire once each, however often the sweep is killed. */
const duringSweep: Fault = {
  name: 'kill -9 of the server and the command during the expiry sweep',
  share: 3,
  engines: ['sqlite'],
  async run(soak) {
    const { world, random } = soak
    const due: Expected[] = []
    const expires_at = new Date(Date.now() + DUE_MS).toISOString()
    await world.change('create', [], {
      method: 'POST',
      path: 'licenses',
      body: { plan: soakPlan.slug, customer_email: 'due@example.com', quantity: DUE, expires_at },
      idempotencyKey: `due-${world.ledger.count()}`,
      done: [201],
      apply: ({ body }) => {
        due.push(...body.data.map(expectCreated))
        return due
      },
    })
    // Until the sweep has ended, either state is right.
    for (const license of due) license.isPending = true
    await Bun.sleep(DUE_MS + 100)
    const env = environmentOf(world.directory)
    const command = killCommand(soak, ['jobs', 'run', 'expire-licenses'], env, SWEEP_MS)
    await Bun.sleep(random.below(SWEEP_MS))
    await killServer(soak, world)
    await command
    await restart(soak, world, async () => {
      const { code, stderr } = await runCommand(soak, ['jobs', 'run', 'expire-licenses'], env)
      if (code !== 0) world.find('wrong', `the sweep after a kill: ${stderr}`)
      for (const license of due) {
        license.status = 'expired'
        license.events.push('license.expired')
        license.isPending = false
        world.touched.add(license)
      }
    })
  },
}

/** Terminates all connections of a server to its database. */
const backends: Fault = {
  name: 'all connections to the database are terminated',
  share: 20,
  engines: ['postgres'],
  async run({ world, outcome }) {
    const url = world.env.LICET_DATABASE_URL ?? ''
    const admin = new SQL({ url: url.replace(/\?.*/, ''), max: 1 })
    const startedAtMs = performance.now()
    await admin.unsafe(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    )
    await admin.close()
    await waitForChanges(world, 1)
    outcome.recoveredMs.push(performance.now() - startedAtMs)
  },
}

export const killFaults = [duringLoad, duringStart, duringStop, duringSweep, backends]
