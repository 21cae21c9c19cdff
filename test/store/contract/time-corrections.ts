import { describe, expect, test } from 'bun:test'
import { decideKeyRotation } from '~/domain/licenses.ts'
import type { Seat } from '~/domain/seats.ts'
import { RESPONSE_STORED_MS } from '~/domain/stored-responses.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '~/domain/times.ts'
import type { Store } from '~/store/port.ts'
import { takeOneStep } from '~/turns.ts'
import { aDevice, aKey, buildCreation, createId, startMs } from '../../support/samples.ts'
import { anEvent } from './checkout.ts'
import { claim, claimOne, createEndpoint, endTry } from './outbox.ts'
import {
  apply,
  changeOne,
  contextAt,
  contextOnce,
  createCatalog,
  decision,
  firstPage,
  issue,
  issueOne,
  type OpenStore,
} from './stores.ts'

/** A day earlier, so that everything is dated a day ahead. */
const nowMs = startMs - DAY_MS
const LEASE_SECONDS = 300
/** More than one step. */
const MANY = 600

/** Corrects all times, and returns how many. */
async function correct(store: Store): Promise<number> {
  let corrected = 0
  for await (const count of store.maintenance.correctTimes(nowMs)) corrected += count
  return corrected
}

const aSeat = (licenseId: string, borrowedDays: number | null = null): Seat => ({
  id: createId('seat'),
  licenseId,
  fingerprint: createId('seat'),
  name: null,
  acquiredAtMs: startMs,
  expiresAtMs: startMs + LEASE_SECONDS * SECOND_MS,
  borrowedDays,
})

export function timeCorrectionsContract(openStore: OpenStore): void {
  describe('time corrections', () => {
    test('time corrections: seats end within their lease, and borrowed ones within their days', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store, { seatLeaseSeconds: LEASE_SECONDS })
      const [leased, borrowed] = [aSeat(license.id), aSeat(license.id, 1)]
      const isTaken = [leased, borrowed].map((seat) => ({ type: 'seat.create', seat }) as const)
      await apply(store, license.id, isTaken)
      expect(await correct(store)).toBe(2)
      const { data } = await store.seats.list(license.id, nowMs, firstPage)
      expect(data).toEqual(
        expect.arrayContaining([
          { ...leased, acquiredAtMs: nowMs, expiresAtMs: nowMs + LEASE_SECONDS * SECOND_MS },
          { ...borrowed, acquiredAtMs: nowMs, expiresAtMs: nowMs + DAY_MS },
        ]),
      )
    })

    test('time corrections: stored responses and former keys are kept for their own length', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await changeOne(store, license.id, (state) =>
        decideKeyRotation(state, aKey('new'), 2, startMs),
      )
      const context = contextOnce<string>(() => takeOneStep(() => 'sealed'), {
        expiresAtMs: startMs + RESPONSE_STORED_MS,
      })
      const action = { action: 'test', subjectId: 'test', change: null }
      await store.audit.record(action, 'done', context)
      expect(await correct(store)).toBe(2)
      const find = (atMs: number) =>
        Promise.all([
          store.validations.findLicense(license.keyHash, atMs),
          store.storedResponses.find('key', atMs),
        ])
      const [working] = await find(nowMs + 2 * HOUR_MS - 1)
      expect(working?.license.id).toBe(license.id)
      const [ended, stored] = await find(nowMs + 2 * HOUR_MS)
      expect([ended, stored !== null]).toEqual([null, true])
      expect(await store.storedResponses.find('key', nowMs + RESPONSE_STORED_MS)).toBeNull()
    })

    test('time corrections: deliveries and failing endpoints have an age, and attempts come within their gap', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const endpoint = await createEndpoint(store)
      await changeOne(store, license.id, () =>
        decision(null, [], [{ type: 'license.updated', licenseId: license.id }]),
      )
      const claimed = await claimOne(store)
      await endTry(store, claimed, 500)
      let wakings = 0
      store.subscribe(({ touchesOutbox }) => {
        if (touchesOutbox) wakings += 1
      })
      expect(await correct(store)).toBe(2)
      expect(wakings).toBe(1)
      expect((await store.endpoints.find(endpoint.id))?.failingSinceMs).toBe(nowMs)
      expect(await store.outbox.measure()).toEqual({ pending: 1, oldestCreatedAtMs: nowMs })
      const [again] = await claim(store, { nowMs: nowMs + 5 * SECOND_MS })
      expect(again?.delivery.id).toBe(claimed.delivery.id)
    })

    test('time corrections: claims from ahead of time end within a claim of now', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const draft = () => ({ kind: 'key', licenseId: license.id }) as const
      const mail = await store.mails.create(license.id, contextAt(nowMs), draft)
      const received = anEvent({ receivedAtMs: nowMs })
      await store.checkout.events.accept(received, contextAt(nowMs))
      const claimAll = async (instanceId: string, atMs: number) => {
        const held = { instanceId, nowMs: atMs, claimedUntilMs: atMs + HOUR_MS, max: 10 }
        const mails = await store.mails.claim(held)
        const events = await store.checkout.events.claim(held)
        return [...mails.map(({ mail: { id } }) => id), ...events.map(({ id }) => id)]
      }
      const both = [mail?.id ?? '', received.id]
      expect(await claimAll('ended', startMs)).toEqual(both)
      expect(await correct(store)).toBe(2)
      expect(await claimAll('other', nowMs)).toEqual([])
      expect(await claimAll('other', nowMs + HOUR_MS)).toEqual(both)
    })

    test('time corrections: mails and events of shops that were written ahead of time are due now', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const draft = () => ({ kind: 'key', licenseId: license.id }) as const
      const mail = await store.mails.create(license.id, contextAt(), draft)
      const received = anEvent()
      await store.checkout.events.accept(received, contextAt())
      await correct(store)
      const claimed = { instanceId: 'one', nowMs, claimedUntilMs: nowMs + HOUR_MS, max: 10 }
      expect((await store.mails.claim(claimed)).map(({ mail: { id } }) => id)).toEqual([
        mail?.id ?? '',
      ])
      expect(await store.mails.find(mail?.id ?? '')).toMatchObject({ createdAtMs: nowMs })
      const events = await store.checkout.events.claim(claimed)
      expect(events.map(({ id }) => id)).toEqual([received.id])
    })

    test('time corrections: activations were seen now at the latest, and caches drop them', async () => {
      await using opened = await openStore()
      const { store } = opened
      const record = await issueOne(store)
      const device = aDevice(record, 'laptop')
      await apply(store, record.license.id, [buildCreation(device)])
      const dropped: string[] = []
      store.subscribe(({ activations }) => dropped.push(...activations.map(({ value }) => value)))
      expect(await correct(store)).toBe(1)
      const found = await store.activations.find(record.license.id, [device.id])
      expect(found?.lastSeenAtMs).toBe(nowMs)
      expect(dropped).toEqual([device.value])
    })

    test('time corrections: notices that came early are due again, of any number of licenses, and the second time nothing is corrected', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const orders = Array.from({ length: MANY }, () => ({ expiresAtMs: startMs }))
      const records = await issue(store, ...orders)
      const ids = records.map(({ license }) => license.id)
      const set = { expiredNotifiedAtMs: startMs, expiringNotifiedAtMs: startMs }
      await store.licenses.changeMany({ ids }, MANY, contextAt(), ({ license: { id } }) =>
        decision(null, [{ type: 'license.update', licenseId: id, set }]),
      )
      expect(await correct(store)).toBe(2 * MANY)
      const found = await store.licenses.find(ids.at(-1) ?? '')
      expect(found?.license).toMatchObject({
        expiredNotifiedAtMs: null,
        expiringNotifiedAtMs: null,
      })
      expect(await correct(store)).toBe(0)
    })
  })
}
