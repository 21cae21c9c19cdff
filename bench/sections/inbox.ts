import { createHmac } from 'node:crypto'
import type { Run } from '../run.ts'
import type { Workspace } from '../seed.ts'
import type { LicetProcess } from '../servers.ts'
import { type SteadyRequests, startSteadyLoad, type Waits } from '../steady-load.ts'
import { addWaits, withLoad } from './sweep.ts'

const EVENTS_PER_SECOND = 1000
const SECONDS = 10
/** More than are sent, because the load begins before the measurement. */
const EVENTS = (SECONDS + 5) * EVENTS_PER_SECOND
const SECRET = 'whsec_of_the_benchmark'
const PLAN = 'professional'
/** As long as a typical event of Stripe. */
const PADDING = 'x'.repeat(3000)
const POLL_MS = 100

/** Measures validations at a steady rate while a shop sends sales, each of which creates a license. */
export async function measureInbox(run: Run): Promise<void> {
  using workspace = await run.openWorkspace(run.licenses)
  const quiet: Waits[] = []
  const busy: Waits[] = []
  const inbox: Waits[] = []
  const backlogSeconds: number[] = []
  const settings = { LICET_STRIPE_SECRETS: SECRET }
  const measure = async (licet: LicetProcess, load: { takeWaits(): Promise<Waits> }) => {
    for (let round = 0; round < run.rounds; round += 1) {
      await load.takeWaits()
      await Bun.sleep(SECONDS * 1000)
      quiet.push(await load.takeWaits())
      {
        const events = buildEvents(round)
        await using shop = await startShop(licet, workspace, events)
        await Promise.all([shop.takeWaits(), load.takeWaits()])
        await Bun.sleep(SECONDS * 1000)
        const waits = await Promise.all([shop.takeWaits(), load.takeWaits()])
        inbox.push(waits[0])
        busy.push(waits[1])
      }
      backlogSeconds.push(await waitForBacklog(workspace))
    }
  }
  await withLoad(workspace, measure, settings)

  const { report } = run
  const target = { atLeast: EVENTS_PER_SECOND * 0.99 }
  const rates = inbox.map(({ count }) => count / SECONDS)
  report.add({ name: 'events accepted for ten seconds', values: rates, unit: '/s', target })
  const p99 = inbox.map(({ p99Ms }) => p99Ms)
  report.add({ name: 'until an event is accepted: p99', values: p99, unit: 'ms' })
  report.add({ name: 'until the last one is a license', values: backlogSeconds, unit: 's' })
  addWaits(run, 'no events', quiet)
  addWaits(run, `${EVENTS_PER_SECOND} events/s`, busy, { atMost: 10 })
}

const startShop = ({ port }: LicetProcess, { directory }: Workspace, events: SteadyRequests) =>
  startSteadyLoad(port, EVENTS_PER_SECOND, events, directory)

/** Builds signed events that are all different. */
function buildEvents(round: number): SteadyRequests {
  const seconds = Math.floor(Date.now() / 1000)
  const bodies = Array.from({ length: EVENTS }, (_, index) =>
    buildSale(`${round}_${index}`, seconds),
  )
  const headers = bodies.map((body) => {
    const signed = `${seconds}.${JSON.stringify(body)}`
    const signature = createHmac('sha256', SECRET).update(signed).digest('hex')
    return `Stripe-Signature: t=${seconds},v1=${signature}`
  })
  return { bodies, headers, path: '/api/v1/checkout/stripe', expected: 'HTTP/1.1 200' }
}

function buildSale(name: string, created: number) {
  const session = {
    id: `cs_live_${name}`,
    object: 'checkout.session',
    customer_details: { email: `buyer${name}@customer.com`, name: 'Buyer' },
    metadata: { licet_plan: PLAN },
    mode: 'payment',
    payment_intent: `pi_${name}`,
    payment_status: 'paid',
    url: PADDING,
  }
  return {
    id: `evt_${name}`,
    object: 'event',
    type: 'checkout.session.completed',
    created,
    livemode: true,
    data: { object: session },
  }
}

/** Waits until all events are processed. Returns how many seconds that took. */
async function waitForBacklog({ openDatabase }: Workspace): Promise<number> {
  const startedAtMs = performance.now()
  using db = openDatabase()
  const query = db.query("SELECT 1 FROM checkout_events WHERE state = 'received' LIMIT 1")
  while (query.get() !== null) await Bun.sleep(POLL_MS)
  return (performance.now() - startedAtMs) / 1000
}
