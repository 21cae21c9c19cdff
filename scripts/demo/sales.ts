import { DAY_MS, HOUR_MS, toTimestamp } from '~/domain/times.ts'
import { type DemoPlan, type OperatorName, operators, plans, priceOf } from './catalog.ts'
import { type Customer, inventCustomer, listDomains, nameDevice } from './customers.ts'
import type { Random } from './random.ts'
import type { DemoServer } from './server.ts'
import type { Timeline } from './timeline.ts'

/** A license of the demo, as far as its usage depends on it. */
export interface SoldLicense {
  readonly id: string
  readonly key: string
  readonly plan: DemoPlan
  readonly customer: Customer
  /** The domains or fingerprints that it is used on. */
  readonly places: readonly string[]
  /** Periods in which it is refused, with the reason. */
  readonly refusals: {
    fromMs: number
    untilMs: number
    error: 'LICENSE_SUSPENDED' | 'LICENSE_REVOKED'
  }[]
  readonly startsAtMs: number
  expiresAtMs: number
  isUsed: boolean
}

export interface Sales {
  readonly random: Random
  readonly timeline: Timeline
  readonly licenses: SoldLicense[]
  readonly startMs: number
  readonly endsAtMs: number
  /** The token of the key that the web shop has. */
  readonly shopToken: () => string
}

const FAR_MS = 9e15
const VERSIONS = ['4.2.0', '4.3.1', '5.0.0']

/** Plans a number of sales, of which there are more each month, and what follows from them. */
export function planSales(sales: Sales, count: number): void {
  const { random, startMs, endsAtMs, timeline } = sales
  const weights = Object.fromEntries(plans.map(({ slug, weight }) => [slug, weight]))
  for (let number = 1; number <= count; number += 1) {
    const share = Math.sqrt((number - random.below(100) / 100) / count)
    const day = Math.floor((share * (endsAtMs - startMs)) / DAY_MS)
    const atMs = startMs + day * DAY_MS + (7 + random.below(12)) * HOUR_MS + random.below(3_600_000)
    const plan = plans.find(({ slug }) => slug === random.pickWeighted(weights)) ?? plans[0]
    if (plan === undefined) continue
    const customer = inventCustomer(random, number)
    timeline.add(atMs, async (server) => {
      const license = await sell(sales, server, { plan, customer, number })
      if (license !== null) follow(sales, license)
    })
  }
}

interface Sale {
  readonly plan: DemoPlan
  readonly customer: Customer
  readonly number: number
}

/** Creates a license: by the checkout of the shop, by its API key, or by an operator. */
async function sell(sales: Sales, server: DemoServer, sale: Sale): Promise<SoldLicense | null> {
  const { plan, customer, number } = sale
  const { random } = sales
  const order = {
    plan: plan.slug,
    customer_email: customer.email,
    customer_name: customer.name,
    metadata: { source: random.pick(['website', 'newsletter', 'partner', 'fair']) },
  }
  if (plan.slug !== 'canvas-trial' && (plan.days === null || random.chance(0.4))) {
    return buyInShop(sales, server, sale)
  }
  const created = random.chance(0.75)
    ? await server.withToken(sales.shopToken(), 'POST', '/licenses', {
        ...order,
        external_ref: `order-${10_000 + number}`,
      })
    : await server.asOperator(random.pick(operators), 'POST', '/licenses', {
        ...order,
        // A license that was bought before Licet came.
        ...(random.chance(0.5) && {
          expires_at: toTimestamp(server.nowMs() + (20 + random.below(300)) * DAY_MS),
          metadata: { source: 'import', former_id: `L${2000 + number}` },
        }),
      })
  return record(sales, server, sale, created)
}

const paymentOf = ({ plan, customer, number }: Sale, nowMs: number) => ({
  type: 'paid',
  occurred_at: toTimestamp(nowMs),
  order_id: String(10_000 + number),
  ...(plan.days === null && {
    subscription_id: `S-${number}`,
    paid_until: toTimestamp(nowMs + 30 * DAY_MS),
  }),
  payment_id: `pay_${number}_${Math.floor(nowMs / DAY_MS)}`,
  customer: { email: customer.email, name: customer.name },
  items: [{ price: priceOf(plan), quantity: 1 }],
})

async function buyInShop(
  sales: Sales,
  server: DemoServer,
  sale: Sale,
): Promise<SoldLicense | null> {
  await server.asShop('standard', paymentOf(sale, server.nowMs()))
  const email = encodeURIComponent(sale.customer.email)
  const { data } = await server.withToken(
    sales.shopToken(),
    'GET',
    `/licenses?customer_email=${email}`,
  )
  if (data[0] === undefined) return null
  const license = await record(sales, server, sale, data[0])
  if (sale.plan.days === null) planRenewals(sales, license, sale)
  else if (sales.random.chance(0.06)) planRefund(sales, license, sale)
  return license
}

/** A subscription is paid every month, until a payment fails or the customer cancels it. */
function planRenewals(sales: Sales, license: SoldLicense, sale: Sale): void {
  const { timeline, random } = sales
  const atMs = license.expiresAtMs - HOUR_MS
  const about = { subscription_id: `S-${sale.number}`, order_id: String(10_000 + sale.number) }
  timeline.add(atMs, async (server) => {
    const said = { ...about, occurred_at: toTimestamp(server.nowMs()) }
    if (random.chance(0.05)) {
      await server.asShop('standard', { type: 'canceled', ...said })
      license.expiresAtMs = server.nowMs()
    } else if (random.chance(0.06)) {
      await server.asShop('standard', { type: 'past_due', ...said })
      refuse(license, 'LICENSE_SUSPENDED', server.nowMs(), FAR_MS)
    } else {
      await server.asShop('standard', paymentOf(sale, server.nowMs()))
      license.expiresAtMs += 30 * DAY_MS
      planRenewals(sales, license, sale)
    }
  })
}

function planRefund({ timeline, random }: Sales, license: SoldLicense, sale: Sale): void {
  const { payment_id } = paymentOf(sale, license.startsAtMs)
  timeline.add(license.startsAtMs + (2 + random.below(12)) * DAY_MS, async (server) => {
    const occurred_at = toTimestamp(server.nowMs())
    const order_id = String(10_000 + sale.number)
    await server.asShop('standard', { type: 'refunded', occurred_at, order_id, payment_id })
    refuse(license, 'LICENSE_REVOKED', server.nowMs(), FAR_MS)
  })
}

// biome-ignore lint/suspicious/noExplicitAny: a license as the API presents it.
async function record(sales: Sales, server: DemoServer, sale: Sale, body: any) {
  const { random } = sales
  const { plan, customer } = sale
  const used = 1 + random.below(Math.min(plan.size, 12))
  const license: SoldLicense = {
    id: body.id,
    key: body.key,
    plan,
    customer,
    places:
      plan.place === 'domain'
        ? listDomains(random, customer, used)
        : Array.from({ length: used }, (_, index) => `${sale.number}-${index}-${customer.domain}`),
    refusals: [],
    startsAtMs: server.nowMs(),
    isUsed: false,
    expiresAtMs:
      body.expires_at === null
        ? plan.days === null
          ? FAR_MS
          : server.nowMs() + plan.days * DAY_MS
        : Date.parse(body.expires_at),
  }
  sales.licenses.push(license)
  return license
}

function refuse(
  { refusals }: SoldLicense,
  error: 'LICENSE_SUSPENDED' | 'LICENSE_REVOKED',
  fromMs: number,
  untilMs: number,
): void {
  refusals.push({ error, fromMs, untilMs })
}

/** Plans the first use of a license on each of its places, and the work of the support. */
function follow(sales: Sales, license: SoldLicense): void {
  const { timeline, random } = sales
  const { startsAtMs, plan, places } = license
  if (random.chance(0.06)) return
  license.isUsed = true
  for (const [index, place] of places.entries()) {
    const atMs = startsAtMs + index * random.below(9) * DAY_MS + random.below(2 * HOUR_MS)
    timeline.add(atMs, (server) => use(random, server, license, place))
  }
  if (random.chance(0.07)) planSuspension(sales, license)
  if (random.chance(0.03)) planRevocation(sales, license)
  if (plan.slug === 'canvas-personal' && random.chance(0.15)) planFile(sales, license)
  if (random.chance(0.1)) planEdit(sales, license)
}

/** Uses a license on one of its places, as an app does that starts there. */
export async function use(
  random: Random,
  server: DemoServer,
  license: SoldLicense,
  place: string,
): Promise<void> {
  const { key, plan, customer } = license
  const version = random.pick(VERSIONS)
  if (plan.place === 'domain') {
    await server.asApp('/validate', { key, domain: place, version }, customer)
    return
  }
  const device = { key, fingerprint: place, name: nameDevice(random, customer) }
  if (plan.place === 'seat') await server.asApp('/seats/acquire', device, customer)
  else {
    if (plan.slug === 'ledger-pro') await server.asApp('/activate', device, customer)
    await server.asApp('/validate', { ...device, version }, customer)
  }
}

/** Returns a time in the office hours of a day after the sale. */
function later({ random, endsAtMs }: Sales, { startsAtMs }: SoldLicense): number {
  const day = Math.floor((startsAtMs + random.below(endsAtMs - startsAtMs)) / DAY_MS)
  return Math.max(startsAtMs + 1, day * DAY_MS + 8 * HOUR_MS + random.below(9 * HOUR_MS))
}

const support = (random: Random): OperatorName => random.pick(operators)

function planSuspension(sales: Sales, license: SoldLicense): void {
  const { timeline, random } = sales
  const name = support(random)
  const fromMs = later(sales, license)
  const untilMs = random.chance(0.5) ? fromMs + (1 + random.below(9)) * DAY_MS : FAR_MS
  const reason = random.pick(['Chargeback', 'Invoice 60 days overdue', 'Key posted in a forum'])
  const path = `/licenses/${license.id}`
  timeline.add(fromMs, async (server) => {
    if (!(await isActive(server, name, path))) return
    await server.asOperator(name, 'POST', `${path}/suspend`, { reason })
    refuse(license, 'LICENSE_SUSPENDED', fromMs, untilMs)
    timeline.add(untilMs, async () => {
      const { status } = await server.asOperator(name, 'GET', path)
      if (status === 'suspended') await server.asOperator(name, 'POST', `${path}/reinstate`)
    })
  })
}

const isActive = async (server: DemoServer, name: OperatorName, path: string) =>
  (await server.asOperator(name, 'GET', path)).status === 'active'

function planRevocation(sales: Sales, license: SoldLicense): void {
  const name = support(sales.random)
  const path = `/licenses/${license.id}`
  sales.timeline.add(later(sales, license), async (server) => {
    if (!(await isActive(server, name, path))) return
    await server.asOperator(name, 'POST', `${path}/revoke`, { reason: 'Bought with a stolen card' })
    refuse(license, 'LICENSE_REVOKED', server.nowMs(), FAR_MS)
  })
}

function planFile(sales: Sales, license: SoldLicense): void {
  const name = support(sales.random)
  const path = `/licenses/${license.id}`
  sales.timeline.add(license.startsAtMs + 3 * HOUR_MS, async (server) => {
    if (!(await isActive(server, name, path))) return
    await server.asOperator(name, 'POST', `${path}/file`, { fingerprint: license.places[0] })
  })
}

function planEdit(sales: Sales, license: SoldLicense): void {
  const { random, timeline } = sales
  const name = support(random)
  const path = `/licenses/${license.id}`
  const notes = ['Wants an invoice once a year', 'Speaks at our meetup', 'Moved from the old shop']
  timeline.add(later(sales, license), async (server) => {
    if (!(await isActive(server, name, path))) return
    const metadata = {
      note: random.pick(notes),
      vat_id: `DE${100_000_000 + random.below(900_000_000)}`,
    }
    const more = license.plan.place === 'device' && random.chance(0.4) ? { max_devices: 5 } : {}
    await server.asOperator(name, 'PUT', path, { metadata, ...more })
  })
}
