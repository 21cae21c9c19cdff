import { describe, expect, test } from 'bun:test'
import type { Outcome } from '~/domain/checkout-events.ts'
import { decidePurchase } from '~/domain/purchase-decisions.ts'
import type { Mode, StoredFact } from '~/domain/purchases.ts'
import { DAY_MS, HOUR_MS } from '~/domain/times.ts'
import type { DecidePurchase, NewCheckoutEvent } from '~/store/checkout-port.ts'
import type { Store } from '~/store/port.ts'
import { anItem, aRule, facts } from '../../support/purchases.ts'
import { aKey, createId, startMs } from '../../support/samples.ts'
import { contextAt, createCatalog, firstPage, type OpenStore, readAllPages } from './stores.ts'

const LEASE_MS = 60_000
export const bought = [facts.items(0, anItem()), facts.customer(0), facts.paid(0, 30)]

export function anEvent(given: Partial<NewCheckoutEvent> = {}): NewCheckoutEvent {
  const id = createId('chk')
  const source = { provider: 'stripe', endpointLabel: null, key: id, type: null } as const
  return { id, ...source, bodySealed: 'sealed', receivedAtMs: startMs, ...given }
}

const said = (outcome: Outcome) => ({
  type: 'some.event',
  eventId: null,
  occurredAtMs: startMs,
  mode: 'live' as Mode,
  outcome,
})

type Purchase = Partial<Extract<Outcome, { kind: 'purchase' }>>

export function news(ref: string, stated: readonly StoredFact[] = [], rest: Purchase = {}) {
  return said({ kind: 'purchase', ref, facts: stated, links: [], sessionHashes: [], ...rest })
}

const decideAt =
  (nowMs: number): DecidePurchase =>
  (snapshot) =>
    decidePurchase(snapshot, {
      nowMs,
      createId,
      mintKey: () => aKey(createId('lic')),
      isFormerHash: () => false,
      createFileId: () => 'file',
      sendsMail: false,
      unmatchedReason: null,
    })

function claim(store: Store, nowMs = startMs, instanceId = 'one') {
  return store.checkout.events.claim({
    instanceId,
    nowMs,
    claimedUntilMs: nowMs + LEASE_MS,
    max: 10,
  })
}

/** Accepts an event and settles it. */
export async function settle(store: Store, stated: ReturnType<typeof said>, nowMs = startMs) {
  const { events } = store.checkout
  const event = anEvent({ receivedAtMs: nowMs })
  await events.accept(event, contextAt(nowMs))
  const held = { id: event.id, provider: event.provider, instanceId: 'one' }
  await claim(store, nowMs)
  const settled = await events.settle(held, stated, contextAt(nowMs), decideAt(nowMs))
  if (settled === null) throw new Error('the claim was lost')
  return settled
}

/** Settles with the same outcome whatever else is due. */
async function settleDue(store: Store, stated: ReturnType<typeof said>, nowMs = startMs) {
  const claimed = await claim(store, nowMs)
  for (const event of claimed) {
    await store.checkout.events.settle(event, stated, contextAt(nowMs), decideAt(nowMs))
  }
  return claimed.map(({ id }) => id)
}

export async function openWithRule(openStore: OpenStore) {
  const opened = await openStore()
  await createCatalog(opened.store)
  await opened.store.checkout.rules.create(aRule(), contextAt())
  return opened
}

const listLicenses = async (store: Store) => (await store.licenses.list({}, firstPage)).data

export function checkoutContract(openStore: OpenStore): void {
  describe('store: checkout', () => {
    eventsContract(openStore)
    purchasesContract(openStore)
    rulesContract(openStore)
    sessionsContract(openStore)
  })
}

function eventsContract(openStore: OpenStore): void {
  test('checkout: an event is accepted once per provider and endpoint', async () => {
    await using opened = await openStore()
    const { events } = opened.store.checkout
    const first = anEvent({ key: 'evt_1' })
    expect(await events.accept(first, contextAt())).toEqual({ id: first.id, isNew: true })
    expect(await events.accept(anEvent({ key: 'evt_1' }), contextAt())).toEqual({
      id: first.id,
      isNew: false,
    })
    for (const other of [{ endpointLabel: 'test' }, { provider: 'polar' } as const]) {
      const accepted = await events.accept(anEvent({ key: 'evt_1', ...other }), contextAt())
      expect(accepted.isNew).toBe(true)
    }
  })

  test('checkout: accepting an event wakes those who process it, and claims do not', async () => {
    await using opened = await openStore()
    let wakings = 0
    opened.store.subscribe(({ touchesCheckout }) => {
      if (touchesCheckout) wakings += 1
    })
    await opened.store.checkout.events.accept(anEvent(), contextAt())
    expect(wakings).toBe(1)
    await claim(opened.store)
    expect(wakings).toBe(1)
  })

  test('checkout: as many events are claimed as were asked for, oldest first', async () => {
    await using opened = await openStore()
    const { store } = opened
    const accepted = Array.from({ length: 12 }, () => anEvent())
    for (const event of accepted) await store.checkout.events.accept(event, contextAt())
    const claimed = [await claim(store), await claim(store), await claim(store)]
    expect(claimed.map(({ length }) => length)).toEqual([10, 2, 0])
    expect(claimed.flat().map(({ id }) => id)).toEqual(accepted.map(({ id }) => id))
  })

  test('checkout: an event is claimed by one process, until the claim ends or is released', async () => {
    await using opened = await openStore()
    const { store } = opened
    await store.checkout.events.accept(anEvent(), contextAt())
    expect(await claim(store)).toMatchObject([{ state: 'received', bodySealed: 'sealed' }])
    expect(await claim(store, startMs, 'two')).toEqual([])
    expect(await claim(store, startMs + LEASE_MS, 'two')).toHaveLength(1)
    await store.checkout.events.release('one')
    expect(await claim(store, startMs, 'three')).toEqual([])
    await store.checkout.events.release('two')
    expect(await claim(store, startMs, 'three')).toHaveLength(1)
  })

  test('checkout: a process that has lost its claim settles nothing', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    await store.checkout.events.accept(anEvent(), contextAt())
    const [event] = await claim(store)
    await claim(store, startMs + LEASE_MS, 'two')
    if (event === undefined) throw new Error('nothing was claimed')
    const settled = store.checkout.events.settle(
      event,
      news('sub_1', bought),
      contextAt(),
      decideAt(startMs),
    )
    expect(await settled).toBeNull()
    expect(await listLicenses(store)).toEqual([])
  })

  test('checkout: an event that failed is due again when its gap is over', async () => {
    await using opened = await openStore()
    const { store } = opened
    await store.checkout.events.accept(anEvent(), contextAt())
    const [event] = await claim(store)
    if (event === undefined) throw new Error('nothing was claimed')
    const failure = { state: 'received', reason: 'why', attempts: 1 } as const
    await store.checkout.events.fail(event, contextAt(), () => ({
      ...failure,
      nextAttemptAtMs: startMs + HOUR_MS,
    }))
    expect(await claim(store, startMs + HOUR_MS - 1)).toEqual([])
    expect(await claim(store, startMs + HOUR_MS)).toMatchObject([failure])
  })

  test('checkout: events are listed by state, provider, type and license', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    const payment = await settle(store, news('pi_1', [facts.refunded(3, 'partial')]))
    const link = [{ from: 'pi_1', to: 'sub_1' }]
    const sale = await settle(store, news('sub_1', bought, { links: link }))
    await settleDue(store, news('pi_1', [facts.refunded(3, 'partial')]))
    const ignored = await settle(
      store,
      said({ kind: 'set_aside', state: 'ignored', reason: 'not used' }),
    )
    const [license] = await listLicenses(store)
    const idsOf = async (filter: object) =>
      (await store.checkout.events.list(filter, firstPage)).data.map(({ id }) => id)
    expect(await idsOf({})).toEqual([ignored.id, sale.id, payment.id])
    expect(await idsOf({ state: 'done' })).toEqual([sale.id, payment.id])
    expect(await idsOf({ provider: 'polar' })).toEqual([])
    expect(await idsOf({ type: 'some.event', state: 'ignored' })).toEqual([ignored.id])
    expect(await idsOf({ licenseId: license?.license.id ?? '' })).toEqual([sale.id, payment.id])
    const paged = await readAllPages((page) => store.checkout.events.list({}, page), 1)
    expect(paged.map(({ id }) => id)).toEqual([ignored.id, sale.id, payment.id])
  })

  test('checkout: a replayed event is due again until its body is deleted', async () => {
    await using opened = await openStore()
    const { store } = opened
    const { events } = store.checkout
    const { id } = await settle(store, said({ kind: 'set_aside', state: 'test', reason: 'test' }))
    expect(await claim(store)).toEqual([])
    expect(await events.replay(id, 'none', contextAt())).toMatchObject({ state: 'received' })
    expect(await claim(store)).toHaveLength(1)
    expect(await events.clearBodies(startMs - 1, 10)).toBe(0)
    expect(await events.clearBodies(startMs, 10)).toBe(1)
    expect(await events.find(id)).toMatchObject({ hasBody: false, bodySealed: null })
    await expect(events.replay(id, 'none', contextAt())).rejects.toMatchObject({ kind: 'gone' })
    expect(await events.replay('chk_unknown', 'none', contextAt())).toBeNull()
  })
}

function purchasesContract(openStore: OpenStore): void {
  test('checkout: facts, licenses, events and the outcome are written together', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    const settled = await settle(store, news('sub_1', bought))
    const [record, ...others] = await listLicenses(store)
    expect(others).toEqual([])
    const licenseId = record?.license.id ?? ''
    expect(settled).toMatchObject({ state: 'done', purchaseRef: 'sub_1', attempts: 0 })
    expect(settled.effects[0]?.licenseIds).toEqual([licenseId])
    expect(settled.rules).toMatchObject([{ version: 1 }])
    const { data } = await store.events.list({ licenseId }, firstPage)
    expect(data.map(({ type }) => type)).toEqual(['license.created'])
    expect(record?.purchase).toMatchObject({
      provider: 'stripe',
      mode: 'live',
      purchaseRef: 'sub_1',
      itemRef: 'item',
    })
  })

  test('checkout: a purchase of test mode is not that of live mode', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    await settle(store, news('sub_1', bought))
    await settle(store, { ...news('sub_1', bought), mode: 'test' })
    const licenses = await listLicenses(store)
    expect(licenses.map(({ license }) => license.metadata)).toEqual([{ checkout_mode: 'test' }, {}])
  })

  test.each([true, false])(
    'checkout: a refund of a renewal finds its purchase over two links, links first: %p',
    async (first) => {
      await using opened = await openWithRule(openStore)
      const { store } = opened
      const refund = news('pi_2', [facts.refunded(40, 'full', 'pi_2')])
      const join = news('in_2', [], {
        links: [
          { from: 'pi_2', to: 'in_2' },
          { from: 'in_2', to: 'sub_1' },
        ],
      })
      await settle(store, news('sub_1', bought))
      if (first) await settle(store, join)
      const { state, waitingFor } = await settle(store, refund)
      expect({ state, waitingFor }).toEqual(
        first
          ? { state: 'done', waitingFor: null }
          : { state: 'waiting_for_purchase', waitingFor: 'pi_2' },
      )
      if (!first) await settle(store, join)
      const [record] = await listLicenses(store)
      expect(record?.license.revokedAtMs).toBe(startMs)
    },
  )

  test('checkout: an event that waits for a purchase is done once it is known', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    const refund = news('sub_1', [facts.refunded(1)])
    const { id } = await settle(store, refund)
    await settle(store, news('sub_1', bought))
    expect(await settleDue(store, refund)).toEqual([id])
    expect(await store.checkout.events.find(id)).toMatchObject({ state: 'done', waitingFor: null })
    expect(await claim(store)).toEqual([])
  })

  test.each([true, false])(
    'checkout: a customer comes in an event of its own, before the sale: %p',
    async (first) => {
      await using opened = await openWithRule(openStore)
      const { store } = opened
      const customer = said({
        kind: 'customer',
        ref: 'ctm_1',
        email: 'ann@example.com',
        name: 'Ann',
      })
      const sale = news('sub_1', [
        facts.items(0, anItem()),
        facts.paid(0, 30),
        { type: 'customer_ref', atMs: startMs, customerRef: 'ctm_1' },
      ])
      if (first) await settle(store, customer)
      const { state } = await settle(store, sale)
      expect(state).toBe(first ? 'done' : 'waiting_for_customer')
      if (!first) {
        await settle(store, customer)
        await settleDue(store, sale)
      }
      const [record] = await listLicenses(store)
      expect(record?.license).toMatchObject({
        customerEmail: 'ann@example.com',
        customerName: 'Ann',
      })
    },
  )

  test('checkout: a new address of a customer reaches the licenses without an event about them', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    const customerNews = (email: string, day: number) => ({
      ...said({ kind: 'customer', ref: 'ctm_1', email, name: null }),
      occurredAtMs: startMs + day * DAY_MS,
    })
    const ref = { type: 'customer_ref', atMs: startMs, customerRef: 'ctm_1' } as const
    await settle(store, customerNews('ann@example.com', 0))
    await settle(store, news('sub_1', [facts.items(0, anItem()), facts.paid(0, 30), ref]))
    await settle(store, customerNews('new@example.com', 2))
    await settle(store, customerNews('former@example.com', 1))
    const { purchases } = store.checkout
    expect(await purchases.decideDue(10, contextAt(), decideAt(startMs))).toBe(1)
    expect(await purchases.decideDue(10, contextAt(), decideAt(startMs))).toBe(0)
    const [record] = await listLicenses(store)
    expect(record?.license.customerEmail).toBe('new@example.com')
  })

  test('checkout: a purchase is decided again when its time comes', async () => {
    await using opened = await openStore()
    const { store } = opened
    await createCatalog(store)
    await store.checkout.rules.create(aRule({ pastDueDays: 7 }), contextAt())
    await settle(store, news('sub_1', [...bought, facts.pastDue(30)]))
    const dueMs = startMs + 37 * DAY_MS
    const decideDue = (nowMs: number) =>
      store.checkout.purchases.decideDue(10, contextAt(nowMs), decideAt(nowMs))
    expect(await decideDue(dueMs - 1)).toBe(0)
    expect(await decideDue(dueMs)).toBe(1)
    const [record] = await listLicenses(store)
    expect(record?.license.suspensionCause).toBe('past_due')
  })

  test('checkout: a dry run returns the outcome and changes nothing', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    const event = anEvent()
    const dryRun = await store.checkout.events.dryRun(
      event,
      news('sub_1', bought, { sessionHashes: ['session'] }),
      contextAt(),
      decideAt(startMs),
    )
    expect(dryRun).toMatchObject({ id: event.id, state: 'done' })
    expect(dryRun.effects).toHaveLength(2)
    expect(await listLicenses(store)).toEqual([])
    expect(await store.checkout.events.find(event.id)).toBeNull()
    expect((await store.events.list({}, firstPage)).data).toEqual([])
  })
}

function rulesContract(openStore: OpenStore): void {
  test('checkout: a rule is created, listed, changed with a new version, and deleted', async () => {
    await using opened = await openStore()
    const { rules } = opened.store.checkout
    const rule = aRule()
    expect(await rules.create(rule, contextAt())).toEqual(rule)
    expect(await rules.find(rule.id)).toEqual(rule)
    const changed = { ...rule, slackHours: 1, version: 2, updatedAtMs: startMs + 1 }
    const change = (one: typeof rule) => ({ ...one, slackHours: 1 })
    expect(await rules.change(rule.id, contextAt(startMs + 1), change)).toEqual(changed)
    expect((await rules.list(firstPage)).data).toEqual([changed])
    expect(await rules.change(rule.id, contextAt(), () => null)).toEqual(changed)
    expect(await rules.find(rule.id)).toBeNull()
    expect(await rules.change(rule.id, contextAt(), () => null)).toBeNull()
  })

  test('checkout: no two rules match the same', async () => {
    await using opened = await openStore()
    const { rules } = opened.store.checkout
    await rules.create(aRule(), contextAt())
    const other = await rules.create(aRule({ provider: 'stripe' }), contextAt())
    const taken = { kind: 'already_exists' }
    await expect(rules.create(aRule(), contextAt())).rejects.toMatchObject(taken)
    const change = rules.change(other.id, contextAt(), (rule) => ({ ...rule, provider: null }))
    await expect(change).rejects.toMatchObject(taken)
  })

  test('checkout: a new or changed rule makes unmatched events due', async () => {
    await using opened = await openStore()
    const { store } = opened
    await createCatalog(store)
    const { id, reason } = await settle(store, news('sub_1', bought))
    expect(reason).toContain('No rule matches price price')
    const rule = await store.checkout.rules.create(aRule({ value: 'other' }), contextAt())
    expect(await settleDue(store, news('sub_1'))).toEqual([id])
    expect(await listLicenses(store)).toEqual([])
    await store.checkout.rules.change(rule.id, contextAt(), (one) => ({ ...one, value: 'price' }))
    expect(await settleDue(store, news('sub_1'))).toEqual([id])
    expect(await listLicenses(store)).toHaveLength(1)
    expect(await store.checkout.events.find(id)).toMatchObject({
      state: 'done',
      rules: [{ ruleId: rule.id, version: 2 }],
    })
  })
}

function sessionsContract(openStore: OpenStore): void {
  const session = (nowMs = startMs) => ({
    provider: 'stripe' as const,
    sessionHash: 'session',
    nowMs,
  })

  test('checkout: a session is pending until the purchase has licenses, then open for an hour', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    const { sessions } = store.checkout
    expect(await sessions.read(session())).toMatchObject({ state: 'pending' })
    const sessionHashes = ['session']
    await settle(store, news('sub_1', [facts.items(0, anItem())], { sessionHashes }))
    expect(await sessions.read(session())).toMatchObject({ state: 'pending' })
    await settle(store, news('sub_1', bought), startMs + DAY_MS)
    const reading = await sessions.read(session(startMs + DAY_MS))
    expect(reading).toMatchObject({ state: 'ready', licenses: [{ license: { version: 1 } }] })
    expect(await sessions.read(session(startMs + DAY_MS + HOUR_MS))).toEqual({ state: 'over' })
  })

  test('checkout: a session is read at most ten times', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    await settle(store, news('sub_1', bought, { sessionHashes: ['session'] }))
    const states: string[] = []
    for (let read = 1; read <= 11; read += 1) {
      states.push((await store.checkout.sessions.read(session())).state)
    }
    expect(states).toEqual([...Array(10).fill('ready'), 'over'])
  })
}
