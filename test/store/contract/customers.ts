import { describe, expect, test } from 'bun:test'
import type { Erasure } from '~/domain/customers.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { CommandContext, Store } from '~/store/port.ts'
import { takeOneStep } from '~/turns.ts'
import { aDevice, buildCreation, createId, startMs } from '../../support/samples.ts'
import { anEvent, bought, news, openWithRule, settle } from './checkout.ts'
import { claimOne, createEndpoint, endTry } from './outbox.ts'
import {
  apply,
  contextAt,
  contextOnce,
  createCatalog,
  firstPage,
  issue,
  type OpenStore,
  readAllPages,
  touch,
} from './stores.ts'

const email = 'dev@example.com'
const otherEmail = 'other@example.com'
const never = (_sealed: string) => false

function erase(store: Store, context: CommandContext<Erasure> = contextAt(), mentions = never) {
  const named = { mentionsCustomer: mentions, isNamedInEvent: (sealed: string) => sealed === email }
  return store.customers.erase({ customerEmail: email, validations: 0, ...named }, context)
}

/** Creates a license of the customer, and one of another customer. */
async function issueBoth(store: Store) {
  await createCatalog(store)
  const customer = { customerEmail: email, customerName: 'Ann Arbor' }
  const other = { customerEmail: otherEmail, customerName: 'Bob Bixby' }
  const [own, others] = await issue(store, customer, other)
  if (own === undefined || others === undefined) throw new Error('nothing was issued')
  return { own, others }
}

/** Reads all pages, also behind those that are empty. */
const readAll = <Item>(read: (page: PageRequest) => Promise<Page<Item>>) => readAllPages(read, 1)

export function customersContract(openStore: OpenStore): void {
  describe('customers', () => {
    test('customers: an erasure redacts the licenses of the customer, and no other ones', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { own, others } = await issueBoth(store)
      const device = { ...aDevice(own, 'laptop'), name: 'Laptop of Ann' }
      await apply(store, own.license.id, [buildCreation(device)])
      const before = await store.licenses.find(others.license.id)
      const { licenseIds } = await erase(store)
      expect(licenseIds).toEqual([own.license.id])
      const erased = await store.licenses.find(own.license.id)
      expect(erased?.license).toMatchObject({ customerEmail: null, customerName: null, version: 2 })
      expect((await store.activations.find(own.license.id, [device.id]))?.name).toBeNull()
      expect(await store.licenses.find(others.license.id)).toEqual(before)
      expect((await store.licenses.list({ customerEmail: email }, firstPage)).data).toEqual([])
      const { data } = await store.events.list({ types: ['customer.erased'] }, firstPage)
      expect(data).toHaveLength(1)
    })

    test('customers: an erasure redacts the customer in events, and what endpoints have repeated of them', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { own, others } = await issueBoth(store)
      await createEndpoint(store)
      await touch(store, own.license.id)
      const claimed = await claimOne(store)
      await endTry(store, claimed, 500)
      const found = await readAll((page) => store.customers.listEvents(email, page))
      expect(found.map(({ licenseId, type }) => [licenseId, type])).toEqual([
        [own.license.id, 'license.created'],
        [own.license.id, 'license.updated'],
      ])
      expect((await erase(store)).events).toBe(2)
      const { data } = await store.events.list({ licenseId: own.license.id }, firstPage)
      const none = { customer_email: null, customer_name: null }
      expect(data.map((event) => JSON.parse(event.data).license)).toEqual([none, none])
      expect(await readAll((page) => store.customers.listEvents(email, page))).toEqual([])
      expect(await store.deliveries.listAttempts(claimed.delivery.id)).toMatchObject([
        { status: 500, responseBody: '' },
      ])
      const [kept] = (await store.events.list({ licenseId: others.license.id }, firstPage)).data
      expect(kept?.data).toContain(otherEmail)
    })

    test('customers: an erasure deletes the stored responses that mention the customer', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      for (const name of ['names the customer', 'names nobody']) {
        const context = contextOnce<string>(() => takeOneStep(() => name), { keyHash: name })
        const action = { action: 'test', subjectId: 'test', change: null }
        await store.audit.record(action, name, context)
      }
      const mentions = (sealed: string) => sealed === 'names the customer'
      expect((await erase(store, contextAt(), mentions)).storedResponses).toBe(1)
      expect(await store.storedResponses.find('names the customer', startMs)).toBeNull()
      expect(await store.storedResponses.find('names nobody', startMs)).not.toBeNull()
    })

    test('customers: an erasure cancels mails, and deletes sessions and codes of the portal', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { own, others } = await issueBoth(store)
      const mails = [own, others].map(({ license }) =>
        store.mails.create(license.id, contextAt(), () => ({ kind: 'key', licenseId: license.id })),
      )
      const [mail, kept] = await Promise.all(mails)
      const rest = { createdAtMs: startMs, address: null, userAgent: null }
      const visitors = [
        ['own', { kind: 'email', customerEmail: email }],
        ['by key', { kind: 'license', licenseId: own.license.id }],
        ['other', { kind: 'email', customerEmail: otherEmail }],
      ] as const
      for (const [hash, visitor] of visitors) {
        const session = { id: createId('psn'), visitor, ...rest }
        await store.portalSessions.create(session, hash, contextAt())
      }
      const code = { customerEmail: email, codeHash: 'code', attempts: 0, createdAtMs: startMs }
      await store.portalCodes.create(code, 'browser')
      await erase(store)
      expect(await store.mails.find(mail?.id ?? '')).toMatchObject({
        recipient: null,
        progress: { state: 'canceled' },
        reason: 'The customer was erased.',
      })
      expect(await store.mails.find(kept?.id ?? '')).toEqual(kept ?? null)
      const found = visitors.map(([hash]) => store.portalSessions.find(hash))
      expect((await Promise.all(found)).map((session) => session !== null)).toEqual([
        false,
        false,
        true,
      ])
      const redeemed = store.portalCodes.redeem(
        { browserHash: 'browser', tokenHash: 'new' },
        { requestId: 'req-test', nowMs: startMs },
        () => null,
      )
      expect(await redeemed).toBeNull()
    })

    test('customers: an erasure erases values in the audit, also its own, and the entries remain', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { own, others } = await issueBoth(store)
      const licenseId = others.license.id
      const set = { customerName: 'Bob Buxton' }
      await apply(store, licenseId, [{ type: 'license.update', licenseId, set }])
      const before = (await store.audit.list({}, firstPage)).data
      expect(JSON.stringify(before)).toContain(email)
      await erase(store)
      const after = (await store.audit.list({}, firstPage)).data
      expect(JSON.stringify(after)).not.toMatch(/dev@example\.com|Ann Arbor/)
      expect(JSON.stringify(after)).toMatch(/Bob Bixby.*Bob Buxton|Bob Buxton.*Bob Bixby/)
      const numbersOf = (entries: typeof after) => entries.map(({ number, hash }) => [number, hash])
      expect(numbersOf(after.slice(-before.length))).toEqual(numbersOf(before))
      expect(after.slice(0, 2)).toMatchObject([
        { action: 'customer.erase', subjectId: 'customer' },
        { action: 'license.update', subjectId: own.license.id, isErased: true },
      ])
    })

    test('customers: an erasure repeats its stored response, and a second one finds nothing', async () => {
      await using opened = await openStore()
      const { store } = opened
      await issueBoth(store)
      const context = contextOnce<Erasure>(({ events }) => takeOneStep(() => `${events} events`))
      expect(await erase(store, context)).toMatchObject({ events: 1 })
      await expect(erase(store, context)).rejects.toMatchObject({
        stored: { sealedResponse: '1 events' },
      })
      expect(await erase(store)).toEqual({
        licenseIds: [],
        events: 0,
        storedResponses: 0,
        checkoutEvents: 0,
        validations: 0,
      })
      const { data } = await store.events.list({ types: ['customer.erased'] }, firstPage)
      expect(data).toHaveLength(1)
    })

    purchasesContract(openStore)
  })
}

function purchasesContract(openStore: OpenStore): void {
  test('customers: purchases of the customer and events that name the customer are listed, and no other ones', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    const payment = await settle(store, news('pi_1', []))
    const links = [{ from: 'pi_1', to: 'sub_1' }]
    const sale = await settle(store, news('sub_1', bought, { links }))
    const named = anEvent({ bodySealed: email })
    await store.checkout.events.accept(named, contextAt())
    await settle(store, news('sub_2', []))
    const isNamed = (sealed: string) => sealed === email
    const listOf = (customer: string) =>
      readAll((page) => store.customers.listCheckoutEvents(customer, isNamed, page))
    expect((await listOf(email)).map(({ id }) => id)).toEqual([payment.id, sale.id, named.id])
    expect((await listOf(otherEmail)).map(({ id }) => id)).toEqual([named.id])
  })

  test('customers: an erasure deletes the bodies of events about the customer, and their facts do not come back', async () => {
    await using opened = await openWithRule(openStore)
    const { store } = opened
    const { events } = store.checkout
    const sale = await settle(store, news('sub_1', bought))
    const named = anEvent({ bodySealed: email })
    await events.accept(named, contextAt())
    const other = anEvent()
    await events.accept(other, contextAt())
    expect(await erase(store)).toMatchObject({ checkoutEvents: 2, licenseIds: [expect.anything()] })
    const found = [sale, named, other].map(({ id }) => events.find(id))
    expect((await Promise.all(found)).map((event) => event?.hasBody)).toEqual([false, false, true])
    await settle(store, news('sub_1', bought))
    const { data } = await store.licenses.list({}, firstPage)
    expect(data.map(({ license }) => license.customerEmail)).toEqual([null])
    expect(await erase(store)).toMatchObject({ checkoutEvents: 0, licenseIds: [] })
  })
}
