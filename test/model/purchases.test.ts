import { expect, test } from 'bun:test'
import { deriveStatus } from '~/domain/licenses.ts'
import type { StoredFact } from '~/domain/purchases.ts'
import { permute } from '../support/orders.ts'
import { anItem, aRule, at, createPurchase, facts, type Shop } from '../support/purchases.ts'
import { aPlan } from '../support/samples.ts'

const SHUFFLES = 1500
const END_DAY = 200

type Event = readonly StoredFact[]

/** The days of a subscription. Each line is an event, and says only what it is about. */
const lives: Readonly<Record<string, readonly Event[]>> = {
  'renewed, failed, recovered, canceled': [
    [facts.items(0, anItem()), facts.customer(0)],
    [facts.paid(0, 30)],
    [facts.paid(30, 60)],
    [facts.pastDue(60)],
    [facts.paid(63, 90)],
    [facts.cancelsAt(70, 90)],
  ],
  'failed, suspended, canceled, ended': [
    [facts.items(0, anItem()), facts.customer(0), facts.paid(0, 30)],
    [facts.pastDue(30)],
    [facts.pastDue(33)],
    [facts.cancelsAt(34, 60)],
    [facts.ended(60)],
  ],
  'canceled, taken back, renewed, refunded': [
    [facts.items(0, anItem()), facts.customer(0), facts.paid(0, 30)],
    [facts.cancelsAt(5, 30)],
    [facts.uncanceled(6)],
    [facts.paid(30, 60, 'second')],
    [facts.refunded(40, 'partial', 'second')],
    [facts.refunded(41, 'full', 'second')],
  ],
  'disputed, won, failed': [
    [facts.items(0, anItem()), facts.customer(0), facts.paid(0, 30)],
    [facts.dispute(3, 'disputed')],
    [facts.dispute(9, 'dispute_won')],
    [facts.pastDue(30)],
    [facts.dispute(31, 'disputed', 'another')],
  ],
  'disputed, lost, renewed': [
    [facts.items(0, anItem()), facts.customer(0), facts.paid(0, 30)],
    [facts.dispute(3, 'disputed')],
    [facts.dispute(9, 'dispute_lost')],
    [facts.paid(30, 60)],
  ],
  'upgraded twice, moved to another address': [
    [facts.items(0, anItem()), facts.customer(0), facts.paid(0, 30)],
    [facts.items(3, anItem({ price: 'team price' }))],
    [facts.items(9, anItem({ ref: 'new item', price: 'seats price', quantity: 7 }))],
    [facts.customer(10, 'new@example.com')],
    [facts.paid(30, 60)],
  ],
  'more licenses, fewer, more': [
    [facts.items(0, anItem({ quantity: 2 })), facts.customer(0), facts.paid(0, 30)],
    [facts.items(3, anItem({ quantity: 5 }))],
    [facts.items(9, anItem({ quantity: 1 }))],
    [facts.items(12, anItem({ quantity: 3 }))],
    [facts.paid(30, 60)],
  ],
  'deleted before created': [
    [facts.ended(1)],
    [facts.customer(0)],
    [facts.items(0, anItem())],
    [facts.paid(0, 30)],
  ],
}

const shop: Shop = {
  rules: [
    aRule(),
    aRule({ value: 'team price', planSlug: 'team' }),
    aRule({ value: 'seats price', planSlug: 'team', quantityMeans: 'seats' }),
  ],
  plans: [aPlan(), aPlan({ slug: 'team', graceDays: 7 })],
}

/** Delivers events in this order, and returns the licenses that are left of it. */
function live(events: readonly Event[]) {
  const purchase = createPurchase(shop)
  for (const event of events) purchase.say(END_DAY, ...event)
  const licenses = purchase.listLicenses().map((license) => ({
    status: deriveStatus(license, at(20)),
    plan: license.planSlug,
    expiresAtMs: license.expiresAtMs,
    endsAtMs: license.endsAtMs,
    // A license that is revoked is no longer suspended or moved.
    cause: license.revokedAtMs === null ? license.suspensionCause : null,
    email: license.revokedAtMs === null ? license.customerEmail : null,
    overrides: license.overrides,
  }))
  return licenses.filter(({ status }, _index, all) =>
    // Those beyond the quantity are revoked only if there was a time when they were granted.
    status === 'revoked' ? all.every((one) => one.status === 'revoked') : true,
  )
}

/** Returns the same numbers in every run. */
function createRandom(seed: number) {
  let state = seed
  return (max: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * max)
  }
}

function shuffle<Value>(values: readonly Value[], random: (max: number) => number): Value[] {
  const left = [...values]
  return values.flatMap(() => left.splice(random(left.length), 1))
}

for (const [name, events] of Object.entries(lives)) {
  test(`purchase: ${name}: every order of events ends in the same licenses`, () => {
    const expected = live(events)
    expect(expected.length).toBeGreaterThan(0)
    for (const order of permute(events)) expect(live(order)).toEqual(expected)
  })
}

test('purchase: events of a long life, in random order and repeated, end in the same licenses', () => {
  const events = [
    ...(lives['renewed, failed, recovered, canceled'] ?? []),
    ...(lives['upgraded twice, moved to another address'] ?? []).slice(1),
    [facts.dispute(61, 'disputed')],
    [facts.dispute(64, 'dispute_won')],
    [facts.uncanceled(71)],
    [facts.paid(90, 120)],
    [facts.cancelsAt(100, 120)],
  ]
  const expected = live(events)
  expect(expected).toMatchObject([
    { plan: 'team', expiresAtMs: at(120), overrides: { maxSeats: 7 } },
  ])
  const random = createRandom(7)
  for (let round = 0; round < SHUFFLES; round += 1) {
    const repeated = events.flatMap((event) => Array<Event>(1 + random(3)).fill(event))
    expect(live(shuffle(repeated, random))).toEqual(expected)
  }
})
