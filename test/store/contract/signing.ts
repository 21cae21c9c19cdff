import { describe, expect, test } from 'bun:test'
import type { Change, EventDraft } from '~/domain/decisions.ts'
import type { LicenseFile } from '~/domain/license-files.ts'
import { decideReinstatement, decideRevocation, decideSuspension } from '~/domain/licenses.ts'
import type { OfflineTerms } from '~/domain/plans.ts'
import { decideInitialKeys, decideRotation, type KeyPair } from '~/domain/signing-keys.ts'
import type { Commit, Store } from '~/store/port.ts'
import { aDevice, aFile, startMs } from '../../support/samples.ts'
import {
  apply,
  contextAt,
  createCatalog,
  decision,
  firstPage,
  issue,
  issueOne,
  type OpenStore,
  readAllPages,
} from './stores.ts'

const DAY_MS = 86_400_000
/** How long after an entry is written tokens are still voided that are issued meanwhile. */
const MARGIN_MS = 6000
const offline: OfflineTerms = { refreshDays: 1, validDays: 7, hardDays: 60, fileDays: 365 }

type Rule = typeof decideRevocation

const change = (store: Store, licenseId: string, rule: Rule, nowMs = startMs) =>
  store.licenses.change(licenseId, { intent: 'none' }, contextAt(nowMs), (state) =>
    rule(state, null, nowMs),
  )
const revoke = (store: Store, id: string, nowMs?: number) =>
  change(store, id, decideRevocation, nowMs)
const suspend = (store: Store, id: string, nowMs?: number) =>
  change(store, id, decideSuspension, nowMs)
const reinstate = (store: Store, id: string, nowMs?: number) =>
  change(store, id, (state, _reason, atMs) => decideReinstatement(state, atMs), nowMs)

/** Lists the entries of the feed without their numbers. */
async function listEntries(store: Store) {
  const entries = await store.revocations.list(0, 1000)
  return entries.map(({ id, beforeMs }) => [id, beforeMs])
}

const issueFile = (store: Store, file: LicenseFile) =>
  apply(store, file.licenseId, [{ type: 'file.create', file }])

/** Returns a function that creates key pairs named `key-1`, `key-2` and so on. */
function createPairs(): () => KeyPair {
  let count = 0
  return () => {
    count += 1
    return { kid: `key-${count}`, publicKey: `public-${count}`, seedSealed: `sealed-${count}` }
  }
}

function observe(store: Store): Commit[] {
  const commits: Commit[] = []
  store.subscribe((commit) => void commits.push(commit))
  return commits
}

export function signingContract(openStore: OpenStore): void {
  signingKeysContract(openStore)
  revocationsContract(openStore)
  revocationLifeContract(openStore)
  licenseFilesContract(openStore)
}

function signingKeysContract(openStore: OpenStore): void {
  describe('signing keys', () => {
    test('signing keys: what a decision returns is written, in order, and announced', async () => {
      await using opened = await openStore()
      const { store } = opened
      const commits = observe(store)
      const createPair = createPairs()
      await store.signingKeys.change(contextAt(), (keys) =>
        decideInitialKeys(keys, createPair, startMs),
      )
      await store.signingKeys.change(contextAt(), (keys) =>
        decideRotation(keys, createPair, startMs + 1),
      )
      expect(commits.map(({ touchesSigningKeys }) => touchesSigningKeys)).toEqual([true, true])
      const keys = await (await opened.reopen()).signingKeys.list()
      expect(keys).toMatchObject([
        { kid: 'key-1', state: 'retired', seedSealed: null, retiredAtMs: startMs + 1 },
        { kid: 'key-2', state: 'active', seedSealed: 'sealed-2', activatedAtMs: startMs + 1 },
        { kid: 'key-3', state: 'next', seedSealed: 'sealed-3', activatedAtMs: null },
      ])
    })

    test('signing keys: a decision of null writes nothing', async () => {
      await using opened = await openStore()
      const { store } = opened
      const commits = observe(store)
      expect(await store.signingKeys.change(contextAt(), () => null)).toEqual([])
      expect(commits.some(({ touchesSigningKeys }) => touchesSigningKeys)).toBe(false)
    })

    test('signing keys: two processes that start at once create one active and one next key', async () => {
      await using opened = await openStore()
      const { store } = opened
      const other = opened.openAnother()
      const createPair = createPairs()
      await Promise.all(
        [store, other].map(({ signingKeys }) =>
          signingKeys.change(contextAt(), (keys) => decideInitialKeys(keys, createPair, startMs)),
        ),
      )
      const states = (await store.signingKeys.list()).map(({ state }) => state)
      expect(states).toEqual(['active', 'next'])
    })
  })
}

function revocationsContract(openStore: OpenStore): void {
  describe('revocations', () => {
    test('revocations: revoking or suspending a license voids the tokens that are issued until its commit is known', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const [one, other] = await issue(store, {}, {})
      const [oneId = '', otherId = ''] = [one?.license.id, other?.license.id]
      const commits = observe(store)
      await suspend(store, oneId, startMs)
      await revoke(store, otherId, startMs + 999)
      const beforeMs = startMs + MARGIN_MS
      expect(await listEntries(store)).toEqual([
        [oneId, beforeMs],
        [otherId, beforeMs],
      ])
      expect(commits.map(({ touchesRevocations }) => touchesRevocations)).toEqual([true, true])
    })

    test('revocations: a decision that fails after its changes writes no entry', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const taken = { type: 'license.create', license } as const
      const failing = store.licenses.change(
        license.id,
        { intent: 'none' },
        contextAt(),
        (state) => {
          const { changes, events } = decideRevocation(state, null, startMs)
          return decision(null, [...changes, taken], events)
        },
      )
      await expect(failing).rejects.toThrow()
      expect(await listEntries(store)).toEqual([])
      expect((await store.licenses.find(license.id))?.license.revokedAtMs).toBeNull()
    })

    test('revocations: a newer entry replaces the older one, with a higher number', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await suspend(store, license.id)
      const [former] = await store.revocations.list(0, 10)
      await revoke(store, license.id, startMs + DAY_MS)
      const found = await store.revocations.list(0, 10)
      expect(found).toMatchObject([{ beforeMs: startMs + DAY_MS + MARGIN_MS }])
      expect(found[0]?.number).toBeGreaterThan(former?.number ?? Number.NaN)
    })

    test('revocations: reinstating lifts the entry, and writes none if there was none', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const reinstated: EventDraft = { type: 'license.reinstated', licenseId: license.id }
      await store.licenses.change(license.id, { intent: 'none' }, contextAt(), () =>
        decision(null, [], [reinstated]),
      )
      expect(await listEntries(store)).toEqual([])
      await suspend(store, license.id)
      await reinstate(store, license.id, startMs + 1)
      expect(await listEntries(store)).toEqual([[license.id, 0]])
      await suspend(store, license.id, startMs + DAY_MS)
      expect(await listEntries(store)).toEqual([[license.id, startMs + DAY_MS + MARGIN_MS]])
    })

    test('revocations: deactivating names the activation, not the license', async () => {
      await using opened = await openStore()
      const { store } = opened
      const record = await issueOne(store)
      const device = aDevice(record, 'machine')
      await apply(store, record.license.id, [{ type: 'activation.create', activation: device }])
      const removal: Change = { type: 'activation.delete', activation: device }
      await store.licenses.change(record.license.id, { intent: 'none' }, contextAt(), () =>
        decision(
          null,
          [removal],
          [{ type: 'activation.deleted', licenseId: record.license.id, activation: device }],
        ),
      )
      expect(await listEntries(store)).toEqual([[device.id, startMs + MARGIN_MS]])
    })

    test('revocations: an activation that is deleted and created again at once has not ended', async () => {
      await using opened = await openStore()
      const { store } = opened
      const record = await issueOne(store)
      const licenseId = record.license.id
      const [kept, ended] = [aDevice(record, 'kept'), aDevice(record, 'ended')]
      await store.licenses.change(licenseId, { intent: 'none' }, contextAt(), () =>
        decision(
          null,
          [],
          [
            { type: 'activation.deleted', licenseId, activation: kept },
            { type: 'activation.created', licenseId, activation: kept },
            { type: 'activation.deleted', licenseId, activation: ended },
          ],
        ),
      )
      expect(await listEntries(store)).toEqual([[ended.id, startMs + MARGIN_MS]])
    })

    test('revocations: other events write no entry', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const types = ['license.updated', 'license.expired', 'license.renewed'] as const
      await store.licenses.change(license.id, { intent: 'none' }, contextAt(), () =>
        decision(
          null,
          [],
          types.map((type) => ({ type, licenseId: license.id })),
        ),
      )
      expect(await listEntries(store)).toEqual([])
    })

    test('revocations: a number never goes back, even if the clock does', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const records = await issue(store, {}, {}, {})
      expect(await store.revocations.findPosition()).toBe(0)
      const times = [startMs, startMs - DAY_MS, startMs + DAY_MS]
      for (const [index, { license }] of records.entries()) {
        await revoke(store, license.id, times[index])
      }
      const numbers = (await store.revocations.list(0, 10)).map(({ number }) => number)
      expect(numbers).toEqual([startMs, startMs + 1, startMs + DAY_MS])
      expect(await store.revocations.findPosition()).toBe(startMs + DAY_MS)
      expect(await store.revocations.list(startMs, 1)).toMatchObject([{ number: startMs + 1 }])
      expect(await store.revocations.list(startMs + DAY_MS, 1)).toEqual([])
    })

    test('revocations: a clock that was set back never makes a void token valid', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      await suspend(store, license.id, startMs)
      await revoke(store, license.id, startMs - DAY_MS)
      expect(await listEntries(store)).toEqual([[license.id, startMs + MARGIN_MS]])
    })
  })
}

function revocationLifeContract(openStore: OpenStore): void {
  /** Returns how many entries are left at these times, after a clean-up at each. */
  async function countLeft(store: Store, ...timesMs: readonly number[]) {
    const counts: number[] = []
    for (const timeMs of timesMs) {
      await store.maintenance.cleanUp(timeMs, 1000)
      counts.push((await listEntries(store)).length)
    }
    return counts
  }

  describe('how long revocations are kept', () => {
    test('revocations: an entry is kept for the hard limit of leases, and at least 30 days', async () => {
      for (const [hardDays, days] of [
        [60, 60],
        [7, 30],
      ] as const) {
        await using opened = await openStore()
        const { store } = opened
        const { license } = await issueOne(store, { offline: { ...offline, hardDays } })
        await revoke(store, license.id)
        const endMs = startMs + days * DAY_MS
        expect(await countLeft(store, endMs - 1, endMs)).toEqual([1, 0])
      }
    })

    test('revocations: an entry is kept until the last license file ends, even a returned one', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const file = aFile(license.id)
      await issueFile(store, file)
      await issueFile(store, aFile(license.id, { id: 'short', expiresAtMs: startMs + 1 }))
      await apply(store, license.id, [{ type: 'file.return', file, atMs: startMs }])
      await revoke(store, license.id)
      expect(await countLeft(store, file.expiresAtMs - 1, file.expiresAtMs)).toEqual([1, 0])
    })

    test('revocations: a license without leases or files needs no entry', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store, { offline: null })
      const [one, other] = await issue(store, {}, {})
      await revoke(store, one?.license.id ?? '')
      expect(await listEntries(store)).toEqual([])
      await issueFile(store, aFile(other?.license.id ?? ''))
      await revoke(store, other?.license.id ?? '')
      expect((await listEntries(store)).map(([id]) => id)).toEqual([other?.license.id ?? ''])
    })

    test('revocations: leases that were signed before a plan forbade them are still voided', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store, { offline })
      const [one, other] = await issue(store, {}, {})
      await store.plans.change('professional', contextAt(), (plan) => ({ ...plan, offline: null }))
      const endMs = startMs + offline.hardDays * DAY_MS
      await revoke(store, one?.license.id ?? '', endMs - 1)
      await revoke(store, other?.license.id ?? '', endMs)
      expect(await listEntries(store)).toMatchObject([[one?.license.id ?? '', expect.any(Number)]])
      expect(await countLeft(store, endMs - 1, endMs)).toEqual([1, 0])
    })

    test('revocations: leases that were signed under the former plan of a license are still voided', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store, { offline }, { slug: 'online', offline: null })
      const [record] = await issue(store, {})
      const licenseId = record?.license.id ?? ''
      const set = { planSlug: 'online' }
      await apply(store, licenseId, [{ type: 'license.update', licenseId, set }])
      await revoke(store, licenseId)
      const endMs = startMs + offline.hardDays * DAY_MS
      expect(await countLeft(store, endMs - 1, endMs)).toEqual([1, 0])
    })

    test('revocations: the lift of an entry is kept as long as the entry would have been', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store, { offline })
      await suspend(store, license.id)
      await store.plans.change('professional', contextAt(), (plan) => ({ ...plan, offline: null }))
      await reinstate(store, license.id, startMs + DAY_MS)
      const endMs = startMs + offline.hardDays * DAY_MS
      expect(await countLeft(store, endMs - 1)).toEqual([1])
      expect(await listEntries(store)).toEqual([[license.id, 0]])
    })

    test('revocations: numbers stay above those of deleted entries, also after a restart', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const [one, other] = await issue(store, {}, {})
      await revoke(store, one?.license.id ?? '')
      expect(await countLeft(store, startMs + 31 * DAY_MS)).toEqual([0])
      const reopened = await opened.reopen()
      expect(await reopened.revocations.findPosition()).toBe(startMs)
      await revoke(reopened, other?.license.id ?? '', startMs - DAY_MS)
      expect(await reopened.revocations.list(startMs, 10)).toMatchObject([{ number: startMs + 1 }])
    })
  })
}

function licenseFilesContract(openStore: OpenStore): void {
  describe('license files', () => {
    test('license files: those of a license are listed in pages, newest first', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createCatalog(store)
      const [one, other] = await issue(store, {}, {})
      const licenseId = one?.license.id ?? ''
      for (const id of ['first', 'second', 'third'])
        await issueFile(store, aFile(licenseId, { id }))
      await issueFile(store, aFile(other?.license.id ?? '', { id: 'other', domains: null }))
      const files = await readAllPages((page) => store.licenseFiles.list(licenseId, page), 2)
      expect(files.map(({ id }) => id)).toEqual(['third', 'second', 'first'])
      expect(files[2]).toEqual(aFile(licenseId, { id: 'first' }))
    })

    test('license files: one is found by the hash of its return code, for its license only', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const file = aFile(license.id)
      await issueFile(store, file)
      expect(await store.licenseFiles.findByReturn(license.id, 'a-hash')).toEqual(file)
      expect(await store.licenseFiles.findByReturn(license.id, 'other')).toBeNull()
      expect(await store.licenseFiles.findByReturn('lic_other', 'a-hash')).toBeNull()
    })

    test('license files: the first return counts', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const file = aFile(license.id)
      await issueFile(store, file)
      for (const atMs of [startMs + 1, startMs + 2]) {
        await apply(store, license.id, [{ type: 'file.return', file, atMs }])
      }
      const { data } = await store.licenseFiles.list(license.id, firstPage)
      expect(data).toMatchObject([{ returnedAtMs: startMs + 1 }])
    })

    test('license files: one is deleted 30 days after it has expired', async () => {
      await using opened = await openStore()
      const { store } = opened
      const { license } = await issueOne(store)
      const file = aFile(license.id)
      await issueFile(store, file)
      const endMs = file.expiresAtMs + 30 * DAY_MS
      expect(await store.maintenance.cleanUp(endMs - 1, 10)).toBe(0)
      expect(await store.maintenance.cleanUp(endMs, 10)).toBe(1)
      expect((await store.licenseFiles.list(license.id, firstPage)).data).toEqual([])
    })
  })
}
