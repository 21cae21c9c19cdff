import { describe, expect, test } from 'bun:test'
import {
  type ActivationQuery,
  type ActivationState,
  noActivationState,
} from '~/domain/activations.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { aDevice, aDomain, aHost, buildCreation, createId, startMs } from '../../support/samples.ts'
import { apply, contextAt, decision, issue, issueOne, type OpenStore } from './stores.ts'

export function activationsContract(openStore: OpenStore): void {
  async function openWithLicense(terms: Partial<Plan> = {}) {
    const opened = await openStore()
    const { license, plan } = await issueOne(opened.store, terms)
    return { ...opened, snapshot: { license, plan }, id: license.id }
  }

  type Opened = Awaited<ReturnType<typeof openWithLicense>>
  const activate = ({ store, id }: Opened, ...activations: ReturnType<typeof aDomain>[]) =>
    apply(store, id, activations.map(buildCreation))
  const validating = (text: string) => ({ intent: 'validate', hostname: aHost(text) }) as const

  /** Reads twice, because the second read may be cached, and compares with what a command reads. */
  async function stateOf(
    { store, snapshot, id }: Opened,
    query: ActivationQuery,
  ): Promise<ActivationState> {
    const read = await store.validations.findActivationState(snapshot, query)
    expect(await store.validations.findActivationState(snapshot, query)).toMatchObject(read)
    await store.licenses.change(id, query, contextAt(), (state) => {
      expect(state).toMatchObject(read)
      return decision(null)
    })
    return read
  }

  describe('external IDs', () => {
    const named = ({ snapshot }: Opened, value: string, externalId: string) => ({
      ...aDevice(snapshot, value),
      externalId,
    })

    test('external IDs: an activation is found by its external ID, or else by its own', async () => {
      await using opened = await openWithLicense()
      const { store, id, snapshot } = opened
      const imported = named(opened, 'a', '5f2b-imported')
      const own = aDevice(snapshot, 'b')
      await activate(opened, imported, own)
      expect(await store.activations.findByExternalId(id, '5f2b-imported')).toEqual(imported)
      expect(await store.activations.findByExternalId(id, own.id)).toEqual(own)
      for (const unknown of ['5F2B-imported', 'a', '']) {
        expect(await store.activations.findByExternalId(id, unknown)).toBeNull()
      }
      const other = createId('lic')
      expect(await store.activations.findByExternalId(other, '5f2b-imported')).toBeNull()
      expect(await store.activations.findByExternalId(other, own.id)).toBeNull()
    })

    test('external IDs: one is unique per license, and free once its activation is gone', async () => {
      await using opened = await openWithLicense()
      const { store, id } = opened
      const first = named(opened, 'a', 'same')
      await activate(opened, first)
      await expect(activate(opened, named(opened, 'b', 'same'))).rejects.toMatchObject({
        kind: 'already_exists',
      })
      const [other] = await issue(store, {})
      const licenseId = other?.license.id ?? ''
      await apply(store, licenseId, [buildCreation({ ...named(opened, 'a', 'same'), licenseId })])
      await apply(store, id, [{ type: 'activation.delete', activation: first }])
      await activate(opened, named(opened, 'b', 'same'))
      expect(await store.activations.findByExternalId(id, 'same')).toMatchObject({ value: 'b' })
    })
  })

  describe('activation state', () => {
    test('activation state: empty for an empty query and for a license without activations', async () => {
      await using opened = await openWithLicense()
      expect(await stateOf(opened, { intent: 'none' })).toEqual(noActivationState)
      expect(await stateOf(opened, { intent: 'validate', hostname: null })).toEqual(
        noActivationState,
      )
      const both = { ...validating('a.io'), fingerprint: 'a.io' }
      expect(await stateOf(opened, both)).toEqual(noActivationState)
    })

    test.each([
      ['exact', 'app.example.com', 'app.example.com', true],
      ['exact', 'app.example.com', 'www.app.example.com', true],
      ['exact', 'app.example.com', 'example.com', false],
      ['exact', 'example.com', 'app.example.com', false],
      ['exact', 'a.io', 'data.io', false],
      ['exact', 'a.io', 'a.io.evil.com', false],
      ['subdomains', 'example.com', 'app.example.com', true],
      ['subdomains', 'app.example.com', 'deep.other.example.com', true],
      ['subdomains', 'example.com', 'evil-example.com', false],
      ['subdomains', 'a.github.io', 'b.github.io', false],
      ['exact', '192.0.2.1', '192.0.2.1', true],
      ['subdomains', '192.0.2.1', '192.0.2.11', false],
    ] as const)(
      'activation state: with %s, the domain %s covers %s: %p',
      async (domainMatch, host, asked, covers) => {
        await using opened = await openWithLicense({ domainMatch })
        const activation = aDomain(opened.snapshot, host)
        await activate(opened, activation)
        const { domain } = await stateOf(opened, validating(asked))
        expect(domain).toEqual(covers ? activation : null)
      },
    )

    test('activation state: a host covers its siblings once the plan matches subdomains', async () => {
      await using opened = await openWithLicense({ domainMatch: 'exact' })
      const { store, snapshot } = opened
      const activation = aDomain(snapshot, 'app.example.com')
      await activate(opened, activation)
      const plan: Plan = { ...snapshot.plan, domainMatch: 'subdomains' }
      await store.plans.change(plan.slug, contextAt(), () => plan)
      const later: LicenseSnapshot = { ...snapshot, plan }
      const { domain } = await store.validations.findActivationState(
        later,
        validating('app.example.com'),
      )
      expect(domain).toEqual(activation)
      const sibling = await store.validations.findActivationState(later, validating('example.com'))
      expect(sibling.domain).toEqual(activation)
      const { domain: stranger } = await store.validations.findActivationState(
        later,
        validating('example.org'),
      )
      expect(stranger).toBeNull()
    })

    test('activation state: deactivate selects the host itself before its whole domain', async () => {
      await using opened = await openWithLicense({ domainMatch: 'subdomains' })
      const { snapshot } = opened
      const exact = { ...snapshot, plan: { ...snapshot.plan, domainMatch: 'exact' } } as const
      const app = aDomain(exact, 'app.example.com')
      await activate(opened, app, aDomain(exact, 'other.example.com'))
      const leaving = (host: string) =>
        stateOf(opened, {
          intent: 'deactivate',
          target: { kind: 'domain', hostname: aHost(host) },
          nowMs: startMs,
        })
      expect((await leaving('app.example.com')).domain).toEqual(app)
      expect((await leaving('third.example.com')).domain).toBeNull()
      const root = aDomain(snapshot, 'example.com')
      await activate(opened, root)
      expect((await leaving('app.example.com')).domain).toEqual(app)
      expect((await leaving('third.example.com')).domain).toEqual(root)
    })

    test('activation state: with free patterns, a new host gets the slots beside it first, then the oldest', async () => {
      await using opened = await openWithLicense({ freeDomainPatterns: ['staging.*'] })
      const { snapshot } = opened
      const [free, old, paid] = [
        aDomain(snapshot, 'staging.free.com', true),
        aDomain(snapshot, 'old.io'),
        aDomain(snapshot, 'app.paid.com'),
      ]
      await activate(opened, free, old, paid)
      const { slots } = await stateOf(opened, validating('staging.paid.com'))
      expect(slots).toEqual([paid, old])
      expect((await stateOf(opened, validating('free.com'))).slots).toEqual([old, paid])
      expect((await stateOf(opened, validating('old.io'))).slots).toEqual([])
    })

    test('activation state: without free patterns, no slots are read', async () => {
      await using opened = await openWithLicense()
      await activate(opened, aDomain(opened.snapshot, 'app.paid.com'))
      expect(await stateOf(opened, validating('staging.paid.com'))).toEqual(noActivationState)
    })

    test('activation state: a device and a domain with the same value are distinct, and so are licenses', async () => {
      await using opened = await openWithLicense()
      const device = aDevice(opened.snapshot, 'a.io')
      await activate(opened, device)
      const query = { ...validating('a.io'), fingerprint: 'a.io' }
      expect(await stateOf(opened, query)).toMatchObject({ domain: null, device })
      expect(await stateOf(opened, { intent: 'validate', fingerprint: 'A.io' })).toMatchObject({
        device: null,
      })
      const stranger = { ...opened.snapshot.license, id: createId('lic') }
      const snapshot = { ...opened.snapshot, license: stranger }
      expect(
        (await opened.store.validations.findActivationState(snapshot, query)).device,
      ).toBeNull()
    })

    test('activation state: a deleted activation is gone at once', async () => {
      await using opened = await openWithLicense()
      const domain = aDomain(opened.snapshot, 'a.io')
      const device = aDevice(opened.snapshot, 'machine')
      await activate(opened, domain, device)
      const query = { ...validating('a.io'), fingerprint: 'machine' }
      expect(await stateOf(opened, query)).toMatchObject({ domain, device })
      await apply(opened.store, opened.id, [{ type: 'activation.delete', activation: domain }])
      expect(await stateOf(opened, query)).toMatchObject({ domain: null, device })
    })
  })

  describe('activation state by id', () => {
    test('activation state: an id selects an activation of this license only', async () => {
      await using opened = await openWithLicense()
      const device = aDevice(opened.snapshot, 'machine')
      await activate(opened, device)
      const remove = (activationId: string) => ({ intent: 'remove', activationId }) as const
      const selectedIn = async (license: Opened, activationId: string) =>
        (await stateOf(license, remove(activationId))).selected
      expect(await selectedIn(opened, device.id)).toEqual(device)
      expect(await selectedIn(opened, 'machine')).toBeNull()
      const [stranger] = await issue(opened.store, {})
      const other = {
        ...opened,
        id: stranger?.license.id ?? '',
        snapshot: stranger ?? opened.snapshot,
      }
      expect(await selectedIn(other, device.id)).toBeNull()
    })

    test('activation state: a seat that is not in use comes with the number of others in use', async () => {
      await using opened = await openWithLicense()
      const seats = ['mine', 'other', 'lapsed'].map((fingerprint) => ({
        id: createId('seat'),
        licenseId: opened.id,
        fingerprint,
        name: null,
        acquiredAtMs: startMs,
        expiresAtMs: startMs + (fingerprint === 'lapsed' ? 1 : 1000),
        borrowedDays: null,
      }))
      await apply(
        opened.store,
        opened.id,
        seats.map((seat) => ({ type: 'seat.create', seat })),
      )
      const [mine] = seats
      const nowMs = startMs + 1
      for (const seat of [{ fingerprint: 'mine' }, { id: mine?.id ?? '' }]) {
        const activationState = await stateOf(opened, { intent: 'seat', seat, nowMs })
        expect(activationState.seat).toEqual({ seat: mine ?? null, othersInUse: null })
      }
      const othersInUse = async (fingerprint: string, nowMs: number) =>
        (await stateOf(opened, { intent: 'seat', seat: { fingerprint }, nowMs })).seat.othersInUse
      expect(await othersInUse('new', startMs)).toBe(3)
      expect(await othersInUse('new', nowMs)).toBe(2)
      expect(await othersInUse('lapsed', nowMs)).toBe(2)
      expect(await othersInUse('mine', startMs + 1000)).toBe(0)
    })

    test('activation state: the latest deactivations, as many as the plan allows', async () => {
      await using opened = await openWithLicense({ deactivationsMaxPer30Days: 2 })
      for (const atMs of [startMs, startMs - 5, startMs - 7, startMs - 9]) {
        const count = { type: 'deactivation.count', licenseId: opened.id, atMs } as const
        await apply(opened.store, opened.id, [count])
      }
      const target = { kind: 'device', fingerprint: 'machine' } as const
      const freedSince = async (sinceMs: number) => {
        const nowMs = sinceMs + DEACTIVATION_WINDOW_MS
        const state = await stateOf(opened, { intent: 'deactivate', target, nowMs })
        return state.deactivationsAtMs
      }
      expect(await freedSince(startMs - 9)).toEqual([startMs - 5, startMs])
      expect(await freedSince(startMs - 5)).toEqual([startMs])
    })
  })

  describe('use counts', () => {
    test('use counts: follow creations and deletions, with free domains counted separately', async () => {
      await using opened = await openWithLicense()
      const { snapshot, store, id } = opened
      const [paid, free] = [aDomain(snapshot, 'a.io'), aDomain(snapshot, 'staging.a.io', true)]
      const device = aDevice(snapshot, 'machine')
      const counts = async () => {
        const record = await store.licenses.find(id)
        const { domainsUsed, freeDomainsUsed, devicesUsed } = record?.license ?? {}
        return [domainsUsed, freeDomainsUsed, devicesUsed, record?.domains]
      }
      await activate(opened, paid, free, device)
      expect(await counts()).toEqual([1, 1, 1, ['a.io']])
      await apply(store, id, [{ type: 'activation.delete', activation: paid }])
      expect(await counts()).toEqual([0, 1, 1, []])
      await apply(store, id, [{ type: 'activation.delete', activation: free }])
      await apply(store, id, [{ type: 'activation.delete', activation: device }])
      expect(await counts()).toEqual([0, 0, 0, []])
    })

    test('use counts: unchanged if the command fails after the activation', async () => {
      await using opened = await openWithLicense()
      const twice = aDomain(opened.snapshot, 'a.io')
      await expect(activate(opened, twice, twice)).rejects.toThrow()
      expect((await opened.store.licenses.find(opened.id))?.license.domainsUsed).toBe(0)
    })

    test('a license record has its 100 oldest domains, oldest first', async () => {
      await using opened = await openWithLicense()
      const hosts = Array.from({ length: 103 }, (_, index) => `host-${index}.io`)
      await activate(opened, ...hosts.map((host) => aDomain(opened.snapshot, host)))
      const record = await opened.store.licenses.find(opened.id)
      expect(record?.domains).toEqual(hosts.slice(0, 100))
      expect(record?.license.domainsUsed).toBe(103)
    })
  })
}
