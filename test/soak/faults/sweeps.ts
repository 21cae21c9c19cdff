import { type Expected, expectCreated, soakPlan } from '../expected.ts'
import { type Fault, killCommand, killServer, requireSuccess, restart } from '../fault.ts'
import type { World } from '../world.ts'

const DUE = 300
const SWEEP_MS = 400
const DAY_MS = 86_400_000

interface Sweep {
  readonly name: string
  readonly job: string
  /** The end of the licenses, from now, which makes them due at once. */
  readonly endsInMs: number
  readonly status: Expected['status']
  readonly event: string
}

/** Licenses that are due get one event each, however often the sweep is killed. */
const buildFault = ({ name, job, endsInMs, status, event }: Sweep): Fault => ({
  name,
  share: 3,
  engines: ['sqlite', 'postgres'],
  async run(soak) {
    const { world, random } = soak
    const due = await createDue(world, Date.now() + endsInMs)
    const command = killCommand(soak, ['jobs', 'run', job], world.environment, SWEEP_MS)
    await Bun.sleep(random.below(SWEEP_MS))
    await killServer(soak, world)
    await command
    await restart(soak, world, async () => {
      await requireSuccess(soak, world, 'after a kill', ['jobs', 'run', job])
      for (const license of due) {
        license.status = status
        license.events.push(event)
        license.isPending = false
        world.touched.add(license)
      }
    })
  },
})

/** Creates licenses with this end. Until a sweep of them has ended, two states are right. */
async function createDue(world: World, endsAtMs: number): Promise<readonly Expected[]> {
  const due: Expected[] = []
  const expires_at = new Date(endsAtMs).toISOString()
  await world.change('create', [], {
    method: 'POST',
    path: 'licenses',
    body: { plan: soakPlan.slug, customer_email: 'due@example.com', quantity: DUE, expires_at },
    idempotencyKey: `due-${world.ledger.count()}`,
    done: [201],
    apply: ({ body }) => {
      due.push(...body.data.map(expectCreated))
      for (const license of due) license.isPending = true
      return due
    },
  })
  return due
}

export const sweepFaults = [
  buildFault({
    name: 'kill -9 of the server and the command during the expiry sweep',
    job: 'expire-licenses',
    endsInMs: -1000,
    status: 'expired',
    event: 'license.expired',
  }),
  buildFault({
    name: 'kill -9 of the server and the command during the notices of near ends',
    job: 'announce-expiries',
    endsInMs: 5 * DAY_MS,
    status: 'active',
    event: 'license.expiring',
  }),
]
