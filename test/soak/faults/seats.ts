import { briefPlan, type Expected, expectCreated } from '../expected.ts'
import { type Fault, killServer, restart } from '../fault.ts'
import type { World } from '../world.ts'

const LICENSES = 20
const HEARTBEAT_MS = 300
/** Times in responses are whole seconds. */
const ROUNDING_MS = 1000

interface Seat {
  readonly id: string
  /** Until then, the server has promised it. */
  endsAtMs: number
}

interface Holder {
  readonly license: Expected
  readonly kept: Seat
  readonly left: Seat
}

/** A seat ends at the time that the server named, also across a kill, and one with heartbeats stays. */
const lapses: Fault = {
  name: 'kill -9 of the server while seats end without a heartbeat',
  share: 3,
  engines: ['sqlite', 'postgres'],
  async run(soak) {
    const { world, random } = soak
    const holders = await takeAllSeats(world)
    const leftUntilMs = Math.max(...holders.map(({ left }) => left.endsAtMs)) + ROUNDING_MS
    let isOver = false
    const heartbeats = sendHeartbeats(world, holders, () => isOver)
    await Bun.sleep(random.below(briefPlan.seat_lease_seconds * 1000))
    await killServer(soak, world)
    await restart(soak, world)
    await Bun.sleep(Math.max(0, leftUntilMs - Date.now()))
    isOver = true
    await heartbeats
    for (const holder of holders) await checkSeats(world, holder)
  },
}

const post = async ({ life }: World, path: string, body: object) =>
  (await life.request({ method: 'POST', path, body })).response

/** Creates licenses and takes the two seats of each. */
async function takeAllSeats(world: World): Promise<readonly Holder[]> {
  const licenses: Expected[] = []
  await world.change('create', [], {
    method: 'POST',
    path: 'licenses',
    body: { plan: briefPlan.slug, customer_email: 'seats@example.com', quantity: LICENSES },
    idempotencyKey: `seats-${world.ledger.count()}`,
    done: [201],
    apply: ({ body }) => {
      licenses.push(...body.data.map(expectCreated))
      // Seats come and go until the end of this fault.
      for (const license of licenses) license.isPending = true
      return licenses
    },
  })
  return Promise.all(
    licenses.map(async (license) => ({
      license,
      kept: await takeSeat(world, license, 'kept'),
      left: await takeSeat(world, license, 'left'),
    })),
  )
}

async function takeSeat(world: World, { id, key }: Expected, fingerprint: string): Promise<Seat> {
  const { status, text, body } = await post(world, 'seats/acquire', { key, fingerprint })
  if (status !== 200) world.find('wrong', `${id}: a free seat gets ${status} ${text}`)
  await world.ledger.append([{ change: 'acquire', id, seat: body.id, endsAt: body.expires_at }])
  return { id: body.id, endsAtMs: Date.parse(body.expires_at) }
}

async function sendHeartbeats(
  world: World,
  holders: readonly Holder[],
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    for (const { license, kept } of holders) {
      const sentBefore = kept.endsAtMs
      const { status, body } = await post(world, 'seats/renew', { key: license.key, id: kept.id })
      if (status === 200) kept.endsAtMs = Date.parse(body.expires_at)
      else if (Date.now() < sentBefore) {
        world.find('lost', `${license.id}: a seat ended ${sentBefore - Date.now()} ms too early`)
      }
    }
    await Bun.sleep(HEARTBEAT_MS)
  }
}

/** The seat with heartbeats is the only one, and the other can be taken, but no third one. */
async function checkSeats(world: World, { license, kept, left }: Holder): Promise<void> {
  const { id, key } = license
  const path = `licenses/${id}/seats`
  const { response } = await world.life.request({ method: 'GET', path })
  const listed: string[] = response.body.data.map((seat: { id: string }) => seat.id)
  if (listed.includes(left.id)) world.find('wrong', `${id}: a seat is still there after its end`)
  if (!listed.includes(kept.id) && Date.now() < kept.endsAtMs) {
    world.find('lost', `${id}: a seat with heartbeats is missing`)
  }
  const next = await takeSeat(world, license, 'next')
  const third = await post(world, 'seats/acquire', { key, fingerprint: 'third' })
  if (third.status !== 409 && Date.now() < kept.endsAtMs) {
    world.find('wrong', `${id}: more seats than its plan allows`)
  }
  for (const seat of [kept.id, next.id, third.body.id]) {
    if (seat !== undefined) await post(world, 'seats/release', { key, id: seat })
  }
  license.isPending = false
  world.touched.add(license)
}

export const seatFaults = [lapses]
