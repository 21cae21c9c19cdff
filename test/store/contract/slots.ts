import { describe, expect, test } from 'bun:test'
import {
  type Activation,
  type ActivationQuery,
  type ActivationState,
  type LicenseState,
  noActivationState,
} from '~/domain/activations.ts'
import type { Plan } from '~/domain/plans.ts'
import { HOUR_MS } from '~/domain/times.ts'
import {
  aDevelopmentDomain,
  aDevice,
  aDomain,
  aFile,
  aHost,
  buildCreation,
  createId,
  startMs,
} from '../../support/samples.ts'
import {
  apply,
  contextAt,
  decision,
  firstPage,
  issueOne,
  type OpenStore,
  readAllPages,
} from './stores.ts'

/** The reads for decisions about slots, and the lists of activations and seats. */
export function slotsContract(openStore: OpenStore): void {
  async function openWithLicense(terms: Partial<Plan> = {}) {
    const opened = await openStore()
    const { license, plan } = await issueOne(opened.store, terms)
    const { store } = opened
    const snapshot = { license, plan }
    return {
      ...opened,
      snapshot,
      id: license.id,
      activate: (...activations: Activation[]) =>
        apply(store, license.id, activations.map(buildCreation)),
      look: async (query: ActivationQuery): Promise<ActivationState> =>
        store.validations.findActivationState(snapshot, query),
    }
  }

  const valuesOf = (activations: readonly Activation[]) => activations.map(({ value }) => value)

  describe('dependents', () => {
    async function openWithFree(terms: Partial<Plan> = {}) {
      const opened = await openWithLicense(terms)
      const { snapshot, activate } = opened
      const slot = aDomain(snapshot, 'example.com')
      const free = ['staging.example.com', 'dev.example.com', 'staging.example.org']
      await activate(slot, ...free.map((host) => aDomain(snapshot, host, true)))
      return { ...opened, slot }
    }
    const beside = ['staging.example.com', 'dev.example.com']

    test('dependents: the free domains of a root whose only slot is removed or deactivated', async () => {
      await using opened = await openWithFree()
      const { look, slot } = opened
      expect(
        valuesOf((await look({ intent: 'remove', activationId: slot.id })).dependents),
      ).toEqual(beside)
      const hostname = aHost('example.com')
      expect((await look({ intent: 'validate', hostname })).dependents).toEqual([])
      const target = { kind: 'domain', hostname } as const
      const leaving = await look({ intent: 'deactivate', target, nowMs: startMs })
      expect(valuesOf(leaving.dependents)).toEqual(beside)
    })

    test('dependents: the free domains of the idle domain that a new one may replace', async () => {
      await using opened = await openWithFree({ evictIdleDays: 30 })
      const { idleDomain, dependents } = await opened.look({
        intent: 'validate',
        hostname: aHost('example.net'),
      })
      expect(idleDomain).toEqual(opened.slot)
      expect(valuesOf(dependents)).toEqual(beside)
    })

    test('dependents: none while another domain of the root holds a slot', async () => {
      await using opened = await openWithFree()
      const { look, slot, snapshot, activate } = opened
      await activate(aDomain(snapshot, 'app.example.com'))
      expect((await look({ intent: 'remove', activationId: slot.id })).dependents).toEqual([])
    })

    test('dependents: none for a free domain', async () => {
      await using opened = await openWithFree()
      const { look } = opened
      const { domain } = await look({ intent: 'validate', hostname: aHost('staging.example.com') })
      expect((await look({ intent: 'remove', activationId: domain?.id ?? '' })).dependents).toEqual(
        [],
      )
    })
  })

  test('development domains: use no slot and no free place; the longest idle is read at the maximum', async () => {
    await using opened = await openWithLicense()
    const { snapshot, store, id, activate, look } = opened
    const hosts = ['localhost', 'app.test', '192.168.0.7']
    await activate(...hosts.map((host) => aDevelopmentDomain(snapshot, host)))
    const { license } = (await store.licenses.find(id)) ?? snapshot
    expect([license.domainsUsed, license.freeDomainsUsed]).toEqual([0, 0])
    const target = { kind: 'domain', hostname: aHost('b.test') } as const
    const arriving = { intent: 'activate', target } as const
    expect(await look(arriving)).toEqual(noActivationState)
    const more = Array.from({ length: 97 }, (_, index) => ({
      ...aDevelopmentDomain(snapshot, `host-${index}.test`),
      lastSeenAtMs: startMs - index,
    }))
    await activate(...more)
    expect(await look(arriving)).toEqual({
      ...noActivationState,
      idleDevelopmentDomain: more.at(-1) ?? null,
    })
    expect(await look({ intent: 'validate', hostname: aHost('b.test') })).toEqual(noActivationState)
  })

  describe('idle activations', () => {
    async function openWithDevices(terms: Partial<Plan>) {
      const opened = await openWithLicense(terms)
      const devices = [30, 10, 20].map((age) => ({
        ...aDevice(opened.snapshot, `unseen for ${age}`),
        lastSeenAtMs: startMs - age,
      }))
      await opened.activate(aDomain(opened.snapshot, 'example.com'), ...devices)
      const [longestIdle, , next] = devices
      return { ...opened, longestIdle, next }
    }
    const unknown = { intent: 'validate', fingerprint: 'new' } as const

    test('idle activations: read for a new activation of the same kind if the plan evicts', async () => {
      await using opened = await openWithDevices({ evictIdleDays: 30 })
      const { look, longestIdle } = opened
      expect(await look(unknown)).toMatchObject({ idleDevice: longestIdle, idleDomain: null })
      expect(
        (await look({ intent: 'validate', fingerprint: 'unseen for 10' })).idleDevice,
      ).toBeNull()
    })

    test('idle activations: none if the plan does not evict', async () => {
      await using opened = await openWithDevices({ evictIdleDays: null })
      expect((await opened.look(unknown)).idleDevice).toBeNull()
    })

    test('idle activations: an eviction never replaces an activation that was just seen', async () => {
      await using opened = await openWithDevices({ evictIdleDays: 30 })
      const { look, store, id, longestIdle, next } = opened
      if (longestIdle !== undefined) store.activations.recordSeen(longestIdle, startMs + HOUR_MS)
      const decide = ({ idleDevice }: LicenseState) => decision(idleDevice, [])
      const changed = await store.licenses.change(id, unknown, contextAt(), decide)
      expect(changed?.result).toEqual(next ?? null)
      await store.flush()
      expect((await look(unknown)).idleDevice).toEqual(next ?? null)
    })

    test('idle activations: a license file counts as use until it ends', async () => {
      await using opened = await openWithDevices({ evictIdleDays: 30 })
      const { look, store, id, longestIdle, next } = opened
      const file = aFile(id, { activationIds: [longestIdle?.id ?? ''] })
      const earlier = { ...file, id: 'earlier', expiresAtMs: startMs }
      for (const each of [file, earlier])
        await apply(store, id, [{ type: 'file.create', file: each }])
      expect((await look(unknown)).idleDevice).toEqual(next ?? null)
      const shown = (await store.activations.list(id, firstPage)).data
      expect(shown.find((each) => each.id === longestIdle?.id)).toMatchObject({
        lastSeenAtMs: longestIdle?.lastSeenAtMs,
        filesUntilMs: file.expiresAtMs,
      })
    })

    test('idle activations: a domain is kept while one of its free domains has a license file', async () => {
      await using opened = await openWithLicense({ evictIdleDays: 30 })
      const { snapshot, store, id, look } = opened
      const free = aDomain(snapshot, 'staging.example.com', true)
      await opened.activate(aDomain(snapshot, 'example.com'), free)
      const arriving = { intent: 'validate', hostname: aHost('new.io') } as const
      expect((await look(arriving)).idleDomain).toMatchObject({ value: 'example.com' })
      const file = aFile(id, { activationIds: [free.id] })
      await apply(store, id, [{ type: 'file.create', file }])
      expect((await look(arriving)).idleDomain).toBeNull()
    })

    test('development domains: one with a license file makes no room for another', async () => {
      await using opened = await openWithLicense()
      const { snapshot, store, id, activate, look } = opened
      const hosts = Array.from({ length: 100 }, (_, index) => ({
        ...aDevelopmentDomain(snapshot, `host-${index}.test`),
        lastSeenAtMs: startMs - index,
      }))
      await activate(...hosts)
      const file = aFile(id, { activationIds: [hosts.at(-1)?.id ?? ''] })
      await apply(store, id, [{ type: 'file.create', file }])
      const arriving = { kind: 'domain', hostname: aHost('new.test') } as const
      const state = await look({ intent: 'activate', target: arriving })
      expect(state.idleDevelopmentDomain).toEqual(hosts.at(-2) ?? null)
    })
  })

  test('activations: domains and devices are listed newest first, each once', async () => {
    await using opened = await openWithLicense()
    const { snapshot, store, id, activate } = opened
    const activations = Array.from({ length: 4 }, (_, index) => [
      aDomain(snapshot, `host-${index}.io`),
      aDevice(snapshot, `device-${index}`),
      aDomain(snapshot, `staging.host-${index}.io`, true),
      aDevelopmentDomain(snapshot, `host-${index}.test`),
    ]).flat()
    await activate(...activations)
    const listed = await readAllPages((page) => store.activations.list(id, page), 3)
    expect(valuesOf(listed)).toEqual(valuesOf(activations).reverse())
  })

  test('activations: found by id, else as a device, else as a domain', async () => {
    await using opened = await openWithLicense()
    const { snapshot, store, id, activate } = opened
    const [domain, device] = [aDomain(snapshot, 'a.io'), aDevice(snapshot, 'b.io')]
    const namesake = aDomain(snapshot, 'b.io')
    await activate(domain, device, namesake)
    expect(await store.activations.find(id, [namesake.id])).toEqual(namesake)
    expect(await store.activations.find(id, ['b.io'])).toEqual(device)
    expect(await store.activations.find(id, ['unknown', 'a.io', 'b.io'])).toEqual(domain)
    expect(await store.activations.find(id, ['unknown'])).toBeNull()
  })

  test('seats: listed newest first while they are in use', async () => {
    await using opened = await openWithLicense()
    const { store, id } = opened
    const seats = [1, 2, 3, 4, 5].map((seconds) => ({
      id: createId('seat'),
      licenseId: id,
      fingerprint: `of ${seconds} seconds`,
      name: null,
      acquiredAtMs: startMs,
      expiresAtMs: startMs + seconds * 1000,
      borrowedDays: seconds === 5 ? 1 : null,
    }))
    await apply(
      store,
      id,
      seats.map((seat) => ({ type: 'seat.create', seat })),
    )
    const heldAt = (nowMs: number) => readAllPages((page) => store.seats.list(id, nowMs, page), 2)
    expect(await heldAt(startMs + 999)).toEqual(seats.toReversed())
    expect(await heldAt(startMs + 1000)).toEqual(seats.slice(1).reverse())
    expect(await heldAt(startMs + 5000)).toEqual([])
  })
}
