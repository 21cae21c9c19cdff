import { expect, test } from 'bun:test'
import type { CheckoutRule } from '~/domain/checkout-rules.ts'
import type { StoredFact } from '~/domain/purchases.ts'
import { HOUR_MS } from '~/domain/times.ts'
import { anItem, aRule, at, createPurchase, facts } from '../support/purchases.ts'
import { aPlan } from '../support/samples.ts'

const slackMs = 72 * HOUR_MS
const upgrade = {
  rules: [aRule(), aRule({ value: 'team price', planSlug: 'team' })],
  plans: [aPlan(), aPlan({ slug: 'team' })],
}

function buy(shop = {}, quantity = 1) {
  const purchase = createPurchase(shop)
  purchase.say(0, facts.items(0, anItem({ quantity })), facts.customer(0), facts.paid(0, 30))
  return purchase
}
const teamItem = (quantity = 1) => anItem({ ref: 'other', price: 'team price', quantity })

test('purchase: an upgrade to an item without a rule revokes nothing, and keeps the key once there is a rule', () => {
  const rules = [aRule()]
  const purchase = buy({ ...upgrade, rules })
  const { keyHash } = purchase.getLicense()
  expect(purchase.say(3, facts.items(3, teamItem())).result.state).toBe('unmatched')
  expect(purchase.getLicense()).toMatchObject({ planSlug: 'professional', revokedAtMs: null })
  rules.push(aRule({ value: 'team price', planSlug: 'team' }))
  expect(purchase.say(4).result.state).toBe('done')
  expect(purchase.getLicense()).toMatchObject({ keyHash, planSlug: 'team', revokedAtMs: null })
})

test('purchase: an item that is removed beside one without a rule is revoked', () => {
  const shipping = anItem({ ref: 'shipping', price: 'shipping price' })
  const purchase = createPurchase()
  purchase.say(0, facts.items(0, anItem(), shipping), facts.customer(0), facts.paid(0, 30))
  purchase.say(3, facts.items(3, shipping))
  expect(purchase.getLicense().revokedAtMs).toBe(at(3))
})

test('purchase: a replaced item of a lower quantity keeps the license in use', () => {
  const purchase = buy(upgrade, 3)
  purchase.edit({ activatedAtMs: at(1) }, 2)
  purchase.say(3, facts.items(3, teamItem()))
  const licenses = purchase.listLicenses()
  expect(licenses.map(({ revokedAtMs }) => revokedAtMs)).toEqual([at(3), at(3), null])
  expect(licenses[2]?.planSlug).toBe('team')
})

test('purchase: a replaced item keeps a valid license rather than one that an operator has revoked', () => {
  const purchase = buy(upgrade, 2)
  purchase.edit({ revokedAtMs: at(1) }, 0)
  purchase.say(3, facts.items(3, teamItem()))
  expect(purchase.listLicenses()[1]).toMatchObject({ planSlug: 'team', revokedAtMs: null })
})

test('purchase: an address that an operator corrected stays when only the name changes', () => {
  const purchase = buy()
  purchase.edit({ customerEmail: 'right@example.com' })
  purchase.say(5, { ...facts.customer(5), name: 'Ann' } as StoredFact)
  expect(purchase.getLicense()).toMatchObject({
    customerEmail: 'right@example.com',
    customerName: 'Ann',
  })
})

test('purchase: an earlier end that an operator set is moved by a payment, not by a cancellation', () => {
  const purchase = buy()
  purchase.edit({ expiresAtMs: at(10), endsAtMs: at(10) })
  purchase.say(5, facts.cancelsAt(5, 30))
  purchase.say(6, facts.uncanceled(6))
  expect(purchase.getLicense().expiresAtMs).toBe(at(10))
  purchase.say(30, facts.paid(30, 60))
  expect(purchase.getLicense().expiresAtMs).toBe(at(60) + slackMs)
})

test('purchase: a payment for a period after the end shows that it goes on', () => {
  const purchase = buy()
  purchase.say(30, facts.ended(30))
  purchase.say(40, facts.paid(40, 70))
  expect(purchase.getLicense().expiresAtMs).toBe(at(70) + slackMs)
})

test('purchase: neither a late payment of what was due nor one before the end takes a cancellation back', () => {
  const purchase = buy()
  purchase.say(31, facts.cancelsAt(20, 45), facts.paid(30, 60))
  expect(purchase.getLicense().expiresAtMs).toBe(at(45))
  purchase.say(50, facts.paid(50, 50, 'the last invoice'))
  expect(purchase.getLicense().expiresAtMs).toBe(at(45))
})

test('purchase: while an address is missing for a new license, the others follow their payments', () => {
  const purchase = createPurchase()
  const customer = facts.customer(0)
  purchase.say(0, facts.items(0, anItem()), customer, facts.paid(0, 30))
  purchase.forget(customer)
  const { result } = purchase.say(1, facts.items(1, anItem({ quantity: 2 })))
  expect(result.state).toBe('waiting_for_customer')
  purchase.say(2, facts.refunded(2))
  expect(purchase.getLicense().revokedAtMs).toBe(at(2))
})

test.each([
  ['its rule was deleted', (rules: CheckoutRule[]) => void rules.pop(), facts.paid(0, 30)],
  [
    'its price has changed to one without a rule',
    () => {},
    facts.items(1, anItem({ price: 'new' })),
  ],
  [
    'its item was replaced by one without a rule',
    () => {},
    facts.items(1, anItem({ ref: 'b', price: 'new' })),
  ],
] as const)(
  'purchase: when %s, a license is not extended, but follows failures and refunds',
  (_case, change, said) => {
    const rules = [aRule()]
    const purchase = buy({ rules })
    change(rules)
    purchase.say(2, said)
    expect(purchase.say(30, facts.paid(30, 60)).result.state).toBe('unmatched')
    expect(purchase.getLicense().expiresAtMs).toBe(at(30) + slackMs)
    purchase.say(31, facts.pastDue(31))
    expect(purchase.getLicense().suspensionCause).toBe('past_due')
    purchase.say(32, facts.paid(32, 60), facts.cancelsAt(32, 32))
    expect(purchase.getLicense()).toMatchObject({ suspendedAtMs: null, expiresAtMs: at(32) })
    purchase.say(33, facts.refunded(33))
    expect(purchase.getLicense().revokedAtMs).toBe(at(33))
  },
)

test('purchase: a license that a lower quantity of another item leaves alone follows a refund', () => {
  const rules = upgrade.rules.map((rule) => ({ ...rule, lowerQuantity: 'nothing' as const }))
  const purchase = buy({ ...upgrade, rules }, 2)
  purchase.say(1, facts.items(1, teamItem()))
  expect(purchase.listLicenses().map(({ revokedAtMs }) => revokedAtMs)).toEqual([null, null])
  purchase.say(2, facts.refunded(2))
  expect(purchase.listLicenses().map(({ revokedAtMs }) => revokedAtMs)).toEqual([at(2), at(2)])
})

const textsOf = ({ result }: { result: { effects: readonly { text: string }[] } }) =>
  result.effects.map(({ text }) => text)

test('purchase: a failed payment says when it will suspend the license', () => {
  const purchase = buy({ rules: [aRule({ pastDueDays: 7 })] })
  expect(textsOf(purchase.say(30, facts.pastDue(30)))).toEqual([
    'A payment is past due. Will be suspended at 2026-04-12T00:00:00Z, unless it is paid.',
  ])
  expect(textsOf(purchase.say(31, facts.pastDue(31)))).toEqual([
    'There was nothing left to change.',
  ])
})

test('purchase: a key of the provider that another license has is not imported, which is said once', () => {
  const rules = [aRule({ importKeys: true }), aRule({ importKeys: true, value: 'team price' })]
  const purchase = createPurchase({ rules })
  const theirs = [facts.key(0, 'theirs', 'item'), facts.key(0, 'theirs', 'other')]
  const items = facts.items(0, anItem(), teamItem())
  purchase.say(0, facts.items(0, anItem()), facts.customer(0), facts.paid(0, 30), ...theirs)
  const said = 'Keeps its own key, because another license has the key of the provider already.'
  expect(textsOf(purchase.say(1, { ...items, atMs: at(1) }))).toContain(said)
  expect(textsOf(purchase.say(2))).not.toContain(said)
})

test('purchase: a license that is revoked at once is not suspended before', () => {
  const purchase = buy()
  purchase.say(5, facts.pastDue(3), facts.dispute(4, 'disputed'), facts.refunded(5))
  expect(purchase.events).toEqual(['license.created', 'license.revoked'])
})

test('purchase: a quantity of one allows one seat', () => {
  const purchase = buy({ rules: [aRule({ quantityMeans: 'seats' })] }, 2)
  const { result } = purchase.say(1, facts.items(1, anItem()))
  expect(textsOf({ result })).toEqual(['Allows 1 seat.'])
})
