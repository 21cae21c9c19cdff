import { expect, test } from 'bun:test'
import type { License } from '~/domain/licenses.ts'
import type { StoredFact } from '~/domain/purchases.ts'
import { HOUR_MS } from '~/domain/times.ts'
import { readCpuMs } from '../support/cpu.ts'
import { anItem, aRule, at, createPurchase, facts, shopWith } from '../support/purchases.ts'
import { aKey, aPlan } from '../support/samples.ts'

/** A subscription that is paid for 30 days. */
const bought = [facts.items(0, anItem()), facts.customer(0), facts.paid(0, 30)]
const slackMs = 72 * HOUR_MS

const reasonsOf = ({ result }: { result: { effects: readonly { text: string }[] } }) =>
  result.effects.map(({ text }) => text)

function buy(shop = {}) {
  const purchase = createPurchase(shop)
  purchase.say(0, ...bought)
  return purchase
}

test('purchase: nothing is granted before a payment', () => {
  const purchase = createPurchase()
  const { result } = purchase.say(0, facts.items(0, anItem()), facts.customer(0))
  expect(result).toMatchObject({ state: 'done' })
  expect(reasonsOf({ result })).toEqual(['No license is created before a payment arrives.'])
  expect(purchase.listLicenses()).toEqual([])
})

test('purchase: a payment grants a license that lasts until its period ends, with slack', () => {
  const license = buy().getLicense()
  expect(license).toMatchObject({
    planSlug: 'professional',
    customerEmail: 'dev@example.com',
    expiresAtMs: at(30) + slackMs,
    metadata: {},
  })
})

test('purchase: the start of a trial is a payment of nothing, and its end is the expiration', () => {
  const purchase = createPurchase()
  purchase.say(0, facts.items(0, anItem()), facts.customer(0), facts.paid(0, 14, 'trial'))
  expect(purchase.getLicense().expiresAtMs).toBe(at(14) + slackMs)
})

test('purchase: what is bought once has the duration of its plan', () => {
  const sold = [facts.items(0, anItem()), facts.customer(0), facts.paid(0, null)]
  const forever = createPurchase()
  forever.say(0, ...sold)
  expect(forever.getLicense().expiresAtMs).toBeNull()
  const yearly = createPurchase({ plans: [aPlan({ durationDays: 365 })] })
  yearly.say(0, ...sold)
  expect(yearly.getLicense().expiresAtMs).toBe(at(365))
  const waiting = createPurchase({
    plans: [aPlan({ durationDays: 365, startsOn: 'first_validation' })],
  })
  waiting.say(0, ...sold)
  expect(waiting.getLicense()).toMatchObject({ expiresAtMs: null, pendingDays: 365 })
})

test('purchase: a repetition changes nothing', () => {
  const purchase = buy()
  const { result, changes, events } = purchase.say(1, ...bought)
  expect({ changes, events }).toEqual({ changes: [], events: [] })
  expect(reasonsOf({ result })).toEqual(['There was nothing left to change.'])
})

test('purchase: a renewal an hour after the period finds a license that is still valid', () => {
  const purchase = buy()
  expect(purchase.getLicense().endsAtMs ?? 0).toBeGreaterThan(at(30) + HOUR_MS)
  purchase.say(30, facts.paid(30, 60))
  expect(purchase.getLicense().expiresAtMs).toBe(at(60) + slackMs)
  expect(purchase.events).toEqual(['license.created', 'license.renewed'])
})

test('purchase: the slack is that of the rule', () => {
  expect(buy(shopWith({ slackHours: 0 })).getLicense().expiresAtMs).toBe(at(30))
})

test('purchase: one that was canceled ends exactly with its period, and goes on if that is taken back', () => {
  const purchase = buy()
  purchase.say(5, facts.cancelsAt(5, 30))
  expect(purchase.getLicense().expiresAtMs).toBe(at(30))
  purchase.say(6, facts.uncanceled(6))
  expect(purchase.getLicense().expiresAtMs).toBe(at(30) + slackMs)
  expect(purchase.events).toEqual(['license.created', 'license.updated', 'license.updated'])
})

test('purchase: one that was canceled at once ends at once', () => {
  const purchase = buy()
  purchase.say(5, facts.ended(5))
  expect(purchase.getLicense().expiresAtMs).toBe(at(5))
})

test('purchase: the event about its end moves no end that was announced before', () => {
  const purchase = buy()
  purchase.say(5, facts.cancelsAt(5, 30))
  const { events } = purchase.say(31, { type: 'ended', atMs: at(30) + 5000 })
  expect(events).toEqual([])
  expect(purchase.getLicense().expiresAtMs).toBe(at(30))
})

test('purchase: one that is canceled for the end of a period that was not paid does not last until then', () => {
  const purchase = buy(shopWith({ pastDue: 'nothing' }))
  purchase.say(40, facts.pastDue(31), facts.cancelsAt(40, 60))
  expect(purchase.getLicense().expiresAtMs).toBe(at(30) + slackMs)
  purchase.say(41, facts.paid(41, 60))
  expect(purchase.getLicense().expiresAtMs).toBe(at(60))
})

test('purchase: one that was deleted before it was created is over', () => {
  const purchase = createPurchase()
  expect(purchase.say(2, facts.ended(1)).result.state).toBe('waiting_for_purchase')
  purchase.say(3, ...bought)
  expect(purchase.getLicense().expiresAtMs).toBe(at(1))
})

test('purchase: something bought once that ends, and then does not, gets the end of its plan back', () => {
  const purchase = createPurchase({ plans: [aPlan({ durationDays: 365 })] })
  purchase.say(0, facts.items(0, anItem()), facts.customer(0), facts.paid(0, null))
  purchase.say(1, facts.cancelsAt(1, 10))
  expect(purchase.getLicense().expiresAtMs).toBe(at(10))
  purchase.say(2, facts.uncanceled(2))
  expect(purchase.getLicense().expiresAtMs).toBe(at(365))
})

test('purchase: a payment that is past due suspends, and its payment reinstates and renews', () => {
  const purchase = buy()
  purchase.say(30, facts.pastDue(30))
  expect(purchase.getLicense()).toMatchObject({
    suspendedAtMs: at(30),
    suspensionCause: 'past_due',
  })
  purchase.say(33, facts.paid(33, 60))
  expect(purchase.getLicense()).toMatchObject({
    suspendedAtMs: null,
    expiresAtMs: at(60) + slackMs,
  })
})

test('purchase: with past_due_days, it suspends that long after the first failure', () => {
  const purchase = buy(shopWith({ pastDueDays: 7 }))
  const { nextDecisionAtMs } = purchase.say(30, facts.pastDue(30))
  expect(nextDecisionAtMs).toBe(at(37))
  expect(purchase.say(34, facts.pastDue(34)).nextDecisionAtMs).toBe(at(37))
  expect(purchase.getLicense().suspendedAtMs).toBeNull()
  expect(purchase.say(37).nextDecisionAtMs).toBeNull()
  expect(purchase.getLicense().suspensionCause).toBe('past_due')
})

test('purchase: a rule can leave the license alone when a payment is past due', () => {
  const purchase = buy(shopWith({ pastDue: 'nothing' }))
  expect(purchase.say(30, facts.pastDue(30)).nextDecisionAtMs).toBeNull()
  expect(purchase.getLicense().suspendedAtMs).toBeNull()
})

test('purchase: a payment lifts no suspension of an operator', () => {
  const purchase = buy()
  purchase.edit({ suspendedAtMs: at(10), suspensionCause: 'operator', suspensionReason: 'abuse' })
  purchase.say(30, facts.pastDue(30))
  const { result } = purchase.say(33, facts.paid(33, 60))
  expect(purchase.getLicense()).toMatchObject({
    suspendedAtMs: at(10),
    suspensionCause: 'operator',
    expiresAtMs: at(60) + slackMs,
  })
  expect(reasonsOf({ result })).toContain(
    'The payment was made, but the license stays suspended for another cause: operator.',
  )
})

test('purchase: a license that an operator reinstated is not suspended again by the same failure', () => {
  const purchase = buy()
  purchase.say(30, facts.pastDue(30))
  purchase.edit({ suspendedAtMs: null, suspensionCause: null, suspensionReason: null })
  purchase.say(31, facts.pastDue(31))
  expect(purchase.getLicense().suspendedAtMs).toBeNull()
  purchase.say(32, facts.paid(32, 60))
  purchase.say(60, facts.pastDue(60))
  expect(purchase.getLicense().suspensionCause).toBe('past_due')
})

test.each([
  // the share, the rule, and whether the license is revoked
  ['full', 'the defaults', {}, true],
  ['full', 'full_refund nothing', { fullRefund: 'nothing' }, false],
  ['partial', 'the defaults', {}, false],
  ['partial', 'partial_refund revoke', { partialRefund: 'revoke' }, true],
] as const)('purchase: a %s refund under %s', (share, _name, terms, revokes) => {
  const purchase = buy(shopWith(terms))
  purchase.say(3, facts.refunded(3, share))
  expect(purchase.getLicense().revokedAtMs).toBe(revokes ? at(3) : null)
})

test('purchase: at the same time, a full refund beats a partial one', () => {
  const purchase = buy()
  purchase.say(3, facts.refunded(3, 'full'), facts.refunded(3, 'partial'))
  expect(purchase.getLicense().revokedAtMs).toBe(at(3))
})

test('purchase: a refund that failed before it was known has no effect', () => {
  const purchase = buy()
  purchase.say(5, facts.refundFailed(4), facts.refunded(3))
  expect(purchase.getLicense().revokedAtMs).toBeNull()
})

test('purchase: a refund that fails after the revocation says that it is final', () => {
  const purchase = buy()
  purchase.say(3, facts.refunded(3))
  const { result } = purchase.say(4, facts.refundFailed(4))
  expect(purchase.getLicense().revokedAtMs).toBe(at(3))
  expect(reasonsOf({ result })).toEqual([
    'The refund failed, but a revocation is final. Create a new license for this customer.',
  ])
  expect(reasonsOf(purchase.say(5, facts.refundFailed(4)))).toEqual([
    'There was nothing left to change.',
  ])
})

test('purchase: a failed refund of one payment does not undo that of another', () => {
  const purchase = buy()
  purchase.say(9, facts.refunded(3, 'full', 'one'), facts.refunded(4, 'full', 'two'))
  purchase.say(9, facts.refundFailed(5, 'two'))
  expect(purchase.getLicense().revokedAtMs).toBe(at(9))
})

test.each([
  // the facts, the rule, and the license afterwards
  ['a dispute suspends', ['disputed'], {}, 'dispute', false],
  ['a dispute that is won reinstates', ['disputed', 'dispute_won'], {}, null, false],
  ['a dispute that is lost revokes', ['disputed', 'dispute_lost'], {}, 'dispute', true],
  ['a rule can ignore a dispute', ['disputed'], { dispute: 'nothing' }, null, false],
  [
    'a rule can keep a license suspended after a dispute that is lost',
    ['disputed', 'dispute_lost'],
    { disputeLost: 'nothing' },
    'dispute',
    false,
  ],
] as const)('purchase: %s', (_name, types, terms, cause, isRevoked) => {
  const purchase = buy(shopWith(terms))
  for (const [index, type] of types.entries()) purchase.say(index, facts.dispute(index, type))
  const { suspensionCause, revokedAtMs } = purchase.getLicense()
  expect({ cause: suspensionCause, isRevoked: revokedAtMs !== null }).toEqual({ cause, isRevoked })
})

test('purchase: at the same time, lost beats won beats disputed', () => {
  const tie = (...types: ('disputed' | 'dispute_won' | 'dispute_lost')[]) => {
    const purchase = buy()
    purchase.say(1, ...types.map((type) => facts.dispute(1, type)))
    return purchase.getLicense()
  }
  expect(tie('dispute_won', 'disputed').suspendedAtMs).toBeNull()
  expect(tie('dispute_lost', 'dispute_won').revokedAtMs).toBe(at(1))
})

test('purchase: a payment does not lift a dispute, and after one that is won, a missing payment counts', () => {
  const purchase = buy()
  purchase.say(30, facts.pastDue(30))
  purchase.say(31, facts.dispute(31, 'disputed'))
  expect(purchase.getLicense().suspensionCause).toBe('dispute')
  purchase.say(32, facts.dispute(32, 'dispute_won'))
  expect(purchase.getLicense().suspensionCause).toBe('past_due')
  purchase.say(33, facts.dispute(33, 'disputed', 'another'))
  purchase.say(34, facts.paid(34, 60))
  expect(purchase.getLicense().suspensionCause).toBe('dispute')
})

test.each([
  [3, 'licenses', 3, {}],
  [5, 'seats', 1, { maxSeats: 5 }],
  [4, 'devices', 1, { maxDevices: 4 }],
] as const)('purchase: a quantity of %i that means %s', (quantity, means, count, limits) => {
  const purchase = createPurchase(shopWith({ quantityMeans: means }))
  purchase.say(0, facts.items(0, anItem({ quantity })), facts.customer(0), facts.paid(0, 30))
  const licenses = purchase.listLicenses()
  expect(licenses.map(({ overrides }) => overrides)).toEqual(Array(count).fill(limits))
})

test('purchase: a new quantity changes the limit, and only then', () => {
  const purchase = createPurchase(shopWith({ quantityMeans: 'seats' }))
  purchase.say(0, facts.items(0, anItem({ quantity: 5 })), facts.customer(0), facts.paid(0, 30))
  purchase.edit({ overrides: { maxSeats: 8 } })
  purchase.say(30, facts.paid(30, 60))
  expect(purchase.getLicense().overrides).toEqual({ maxSeats: 8 })
  purchase.say(31, facts.items(31, anItem({ quantity: 6 })))
  expect(purchase.getLicense().overrides).toEqual({ maxSeats: 6 })
})

function buyThree(terms = {}) {
  const purchase = createPurchase(shopWith(terms))
  purchase.say(0, facts.items(0, anItem({ quantity: 3 })), facts.customer(0), facts.paid(0, 30))
  return purchase
}
const listRevoked = (licenses: readonly License[]) =>
  licenses.map(({ revokedAtMs }) => revokedAtMs !== null)

test.each([
  // the rule, the license in use, and which are revoked
  ['newest_unused', null, [false, true, true]],
  ['newest_unused', 2, [true, true, false]],
  ['newest', 2, [false, true, true]],
  ['nothing', null, [false, false, false]],
] as const)(
  'purchase: a quantity of 1 after 3 with lower_quantity %s, license %p in use, revokes %p',
  (lowerQuantity, used, revoked) => {
    const purchase = buyThree({ lowerQuantity })
    if (used !== null) purchase.edit({ activatedAtMs: at(1) }, used)
    purchase.say(2, facts.items(2, anItem({ quantity: 1 })))
    expect(listRevoked(purchase.listLicenses())).toEqual([...revoked])
  },
)

test('purchase: a higher quantity adds licenses, also after a lower one', () => {
  const purchase = buyThree()
  purchase.say(1, facts.items(1, anItem({ quantity: 1 })))
  purchase.say(2, facts.items(2, anItem({ quantity: 4 })))
  const live = purchase.listLicenses().filter(({ revokedAtMs }) => revokedAtMs === null)
  expect(live).toHaveLength(4)
})

test('purchase: a license that an operator has revoked is not replaced', () => {
  const purchase = buy()
  purchase.edit({ revokedAtMs: at(1) })
  const { result } = purchase.say(30, facts.paid(30, 60))
  expect(purchase.listLicenses()).toHaveLength(1)
  expect(reasonsOf({ result })).toEqual(['Paid, but the license was revoked, which is final.'])
})

const pro = aRule()
const team = aRule({ value: 'team price', planSlug: 'team' })
const upgrade = { rules: [pro, team], plans: [aPlan(), aPlan({ slug: 'team' })] }

test.each([
  ['the price of its item changes', 'item'],
  ['its item is replaced by another', 'another item'],
])('purchase: an upgrade keeps the key when %s', (_case, ref) => {
  const purchase = buy(upgrade)
  const { keyHash } = purchase.getLicense()
  const { result } = purchase.say(3, facts.items(3, anItem({ ref, price: 'team price' })))
  expect(purchase.getLicense()).toMatchObject({ keyHash, planSlug: 'team', revokedAtMs: null })
  expect(result.rules).toEqual([{ ruleId: team.id, version: 1 }])
  expect(purchase.events).toEqual(['license.created', 'license.updated'])
})

test('purchase: an upgrade to another product needs another license', () => {
  const other = aPlan({ slug: 'team', productSlug: 'other' })
  const purchase = buy({ ...upgrade, plans: [aPlan(), other] })
  purchase.say(3, facts.items(3, anItem({ price: 'team price' })))
  const licenses = purchase.listLicenses()
  expect(licenses.map(({ productSlug }) => productSlug)).toEqual(['default', 'other'])
  expect(listRevoked(licenses)).toEqual([true, false])
})

test('purchase: an item without a rule waits, and the others are granted', () => {
  const purchase = createPurchase()
  const items = facts.items(0, anItem(), anItem({ ref: 'shipping', price: 'shipping price' }))
  const { result } = purchase.say(0, items, facts.customer(0), facts.paid(0, null))
  expect(purchase.listLicenses()).toHaveLength(1)
  expect(result).toMatchObject({ state: 'unmatched' })
  expect(result.reason).toContain('price shipping price')
})

test('purchase: an upgrade to something without a rule leaves the license as it is', () => {
  const purchase = buy()
  const { result } = purchase.say(3, facts.items(3, anItem({ price: 'unknown' })))
  expect(result.state).toBe('unmatched')
  expect(purchase.getLicense()).toMatchObject({ planSlug: 'professional', revokedAtMs: null })
})

test('purchase: without an address, it waits for the customer', () => {
  const purchase = createPurchase()
  const ref = { type: 'customer_ref', atMs: at(0), customerRef: 'ctm_1' } as const
  const { result } = purchase.say(0, facts.items(0, anItem()), facts.paid(0, 30), ref)
  expect(result).toMatchObject({ state: 'waiting_for_customer', waitingFor: 'ctm_1' })
  expect(purchase.listLicenses()).toEqual([])
  purchase.say(1, facts.customer(0))
  expect(purchase.getLicense().customerEmail).toBe('dev@example.com')
})

test.each([
  ['update', 'new@example.com'],
  ['keep', 'dev@example.com'],
] as const)('purchase: with email_change %s, the address is then %s', (emailChange, email) => {
  const purchase = buy(shopWith({ emailChange }))
  purchase.say(3, facts.customer(3, 'new@example.com'))
  expect(purchase.getLicense().customerEmail).toBe(email)
})

test('purchase: the name stays if a later event about the same customer has none', () => {
  const purchase = createPurchase()
  purchase.say(0, ...bought, { ...facts.customer(0), name: 'Ann' } as StoredFact)
  purchase.say(3, facts.customer(3))
  expect(purchase.getLicense().customerName).toBe('Ann')
})

test('purchase: an address that an operator corrected stays until the customer changes it', () => {
  const purchase = buy()
  purchase.edit({ customerEmail: 'right@example.com' })
  purchase.say(30, facts.paid(30, 60), facts.customer(30))
  expect(purchase.getLicense().customerEmail).toBe('right@example.com')
})

test('purchase: an end that an operator set later stays, and a renewal beyond it applies', () => {
  const purchase = buy()
  purchase.edit({ expiresAtMs: at(80), endsAtMs: at(80) })
  const { result } = purchase.say(30, facts.paid(30, 60))
  expect(purchase.getLicense().expiresAtMs).toBe(at(80))
  expect(reasonsOf({ result })).toEqual(['Keeps its expiration, which was set by hand.'])
  purchase.say(60, facts.paid(60, 90))
  expect(purchase.getLicense().expiresAtMs).toBe(at(90) + slackMs)
})

test.each([true, false])(
  'purchase: a key of the provider is imported, before the payment: %p',
  (first) => {
    const purchase = createPurchase(shopWith({ importKeys: true }))
    const key = facts.key(0, 'theirs')
    for (const said of first ? [[key], bought] : [bought, [key]]) purchase.say(0, ...said)
    expect(purchase.getLicense().keyHash).toBe(aKey('theirs').keyHash)
    purchase.say(30, facts.paid(30, 60))
    expect(purchase.getLicense().keyHash).toBe(aKey('theirs').keyHash)
  },
)

test('purchase: a key of the provider is imported only by a rule that says so', () => {
  const purchase = createPurchase()
  purchase.say(0, facts.key(0, 'theirs'), ...bought)
  expect(purchase.getLicense().keyHash).not.toBe(aKey('theirs').keyHash)
})

test('purchase: a key is mailed once, and not for an event that is replayed', () => {
  const purchase = buy()
  purchase.say(30, facts.paid(30, 60))
  expect(purchase.mails.map(({ kind }) => kind)).toEqual(['key'])
  const replayed = createPurchase({ given: { mailMode: 'none' } })
  expect(reasonsOf(replayed.say(0, ...bought))).toContain(
    'No mail is sent for an event that is replayed.',
  )
  expect(replayed.mails).toEqual([])
})

test('purchase: without a mail server, the effect says that no mail is sent', () => {
  const purchase = createPurchase({ sendsMail: false })
  expect(reasonsOf(purchase.say(0, ...bought))).toContain(
    'No mail is sent: LICET_SMTP_URL is not set.',
  )
  expect(purchase.mails).toEqual([])
})

test('purchase: a notice is mailed when a payment fails, before the license is suspended', () => {
  const mail = { key: false, file: false, expiring: false, pastDue: true }
  const purchase = buy(shopWith({ pastDueDays: 7, mail }))
  purchase.say(30, facts.pastDue(30))
  purchase.say(31, facts.pastDue(31))
  purchase.say(37)
  expect(purchase.mails.map(({ kind }) => kind)).toEqual(['past_due'])
})

test('purchase: a license of test mode is marked as such', () => {
  const purchase = createPurchase({ given: { mode: 'test' } })
  purchase.say(0, ...bought)
  expect(purchase.getLicense().metadata).toEqual({ checkout_mode: 'test' })
})

test('purchase: at most 1000 licenses are granted', () => {
  const purchase = createPurchase()
  const items = facts.items(0, anItem({ quantity: 1001 }))
  expect(() => purchase.say(0, items, facts.customer(0), facts.paid(0, 30))).toThrow('1000')
})

test('purchase: very many items of very high quantities fail at once', () => {
  const purchase = createPurchase()
  const many = Array.from({ length: 20_000 }, (_, index) =>
    anItem({ ref: `${index}`, quantity: 1e9 }),
  )
  const cpuMs = readCpuMs()
  const buy = () => purchase.say(0, facts.items(0, ...many), facts.customer(0), facts.paid(0, 30))
  expect(buy).toThrow('1000')
  expect(readCpuMs() - cpuMs).toBeLessThan(1000)
})
