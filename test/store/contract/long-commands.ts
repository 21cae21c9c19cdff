import { describe, expect, test } from 'bun:test'
import { Fault } from '~/domain/faults.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import type { CommandContext, Store } from '~/store/port.ts'
import { STEPS_PER_TURN } from '~/turns.ts'
import { startMs } from '../../support/samples.ts'
import { countTurns } from '../../support/turns.ts'
import {
  contextAt,
  contextOnce,
  createCatalog,
  decision,
  issue,
  next,
  type OpenStore,
  touch,
} from './stores.ts'

const LICENSES = 200
/** Reads that are made before a bulk change ends. */
const READS_MIN = 6

async function issueMany(store: Store): Promise<string[]> {
  await createCatalog(store)
  const orders = Array.from({ length: LICENSES }, () => ({ customerEmail: 'many@example.com' }))
  return (await issue(store, ...orders)).map(({ license }) => license.id)
}

/** Increments the version of each license, with an event. `onDecide` may throw. */
function changeAll(
  store: Store,
  ids: readonly string[],
  onDecide: (id: string) => void = () => {},
  context: CommandContext<unknown> = contextAt(),
) {
  const decide = ({ license: { id: licenseId, version } }: LicenseSnapshot) => {
    onDecide(licenseId)
    return decision(
      null,
      [{ type: 'license.update', licenseId, set: next(version + 1) }],
      [{ type: 'license.updated', licenseId }],
    )
  }
  return store.licenses.changeMany({ ids }, LICENSES, context, decide)
}

const versionOf = async (store: Store, id: string) =>
  (await store.licenses.find(id))?.license.version

export function longCommandsContract(openStore: OpenStore): void {
  describe('long commands', () => {
    test('long commands: a bulk change takes a limited number of steps per turn of the event loop', async () => {
      await using opened = await openStore()
      const { store } = opened
      const ids = await issueMany(store)
      const { turns, unitsMax } = await countTurns((countUnit) => changeAll(store, ids, countUnit))
      expect(unitsMax).toBeLessThanOrEqual(STEPS_PER_TURN)
      // Each license takes at least three steps: the change, its event, and reading the result.
      expect(turns).toBeGreaterThanOrEqual((LICENSES * 3) / STEPS_PER_TURN)
    })

    test('long commands: creating many licenses leaves turns to other requests', async () => {
      await using opened = await openStore()
      const { turns } = await countTurns(() => issueMany(opened.store))
      expect(turns).toBeGreaterThanOrEqual((LICENSES * 3) / STEPS_PER_TURN)
    })

    test('long commands: a large stored response is encrypted and written in turns of its own', async () => {
      await using opened = await openStore()
      const { store } = opened
      const ids = await issueMany(store)
      const storeResponse = (length: number) => {
        // biome-ignore lint/correctness/useYield: it is a single step.
        const render = function* () {
          return 'x'.repeat(length)
        }
        const context = contextOnce(render, { keyHash: `${length}` })
        const change = () =>
          store.licenses.changeMany({ ids: ids.slice(0, 1) }, 1, context, () => decision(null))
        return countTurns(change)
      }
      const small = await storeResponse(1000)
      const large = await storeResponse(2_000_000)
      // While PostgreSQL responds, any number of turns go by.
      if (!store.isShared) expect(large.turns).toBeGreaterThanOrEqual(small.turns + 2)
      expect((await store.storedResponses.find('2000000', startMs))?.sealedResponse).toHaveLength(
        2_000_000,
      )
    })

    test('long commands: reads see all of a bulk change or nothing of it', async () => {
      await using opened = await openStore()
      const { store } = opened
      const ids = await issueMany(store)
      const { license } = (await store.licenses.find(ids[0] ?? '')) ?? {}
      const seen: string[] = []
      let isRunning = true
      // All is changed by then, and not committed yet.
      const holdOpen = function* () {
        while (seen.length < READS_MIN) yield STEPS_PER_TURN
        return ''
      }
      const changed = changeAll(store, ids, undefined, contextOnce(holdOpen)).finally(() => {
        isRunning = false
      })
      while (isRunning) {
        const found = await store.validations.findLicense(license?.keyHash ?? '', startMs)
        const { data } = await store.events.list(
          { types: ['license.updated'] },
          { limit: ids.length, after: null },
        )
        seen.push(`${found?.license.termStartedAtMs},${data.length}`)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await changed
      const before = seen.filter((read) => read === `${startMs},0`)
      expect(before.length).toBeGreaterThanOrEqual(READS_MIN)
      // The change may be committed before the two reads, or between them.
      const after = [`2,${ids.length}`, `${startMs},${ids.length}`]
      expect(seen.slice(before.length).filter((read) => !after.includes(read))).toEqual([])
      expect(await versionOf(store, ids[0] ?? '')).toBe(2)
      const found = await store.validations.findLicense(license?.keyHash ?? '', startMs)
      expect(found?.license.termStartedAtMs).toBe(2)
    })

    test('long commands: a bulk change that fails at its last license changes none, and later commands run', async () => {
      await using opened = await openStore()
      const { store } = opened
      const ids = await issueMany(store)
      const failing = changeAll(store, ids, (id) => {
        if (id === ids.at(-1)) throw new Fault('invalid_transition', 'No.')
      })
      const touched = touch(store, ids[0] ?? '')
      await expect(failing).rejects.toThrow('No.')
      expect((await touched)?.license.version).toBe(2)
      expect(await versionOf(store, ids[1] ?? '')).toBe(1)
      const types = ['license.updated']
      const { data } = await store.events.list({ types }, { limit: 100, after: null })
      expect(data.map(({ licenseId, sequence }) => [licenseId, sequence])).toEqual([
        [ids[0] ?? '', 2],
      ])
    })

    test('long commands: an erasure leaves turns to other requests, and can be repeated after a failure', async () => {
      await using opened = await openStore()
      const { store } = opened
      const ids = await issueMany(store)
      const customer = {
        customerEmail: 'many@example.com',
        mentionsCustomer: () => false,
        isNamedInEvent: () => false,
        validations: 0,
      }
      const failing = store.customers.erase(
        customer,
        contextOnce(() => {
          throw new Error('This fails at the very end.')
        }),
      )
      await expect(failing).rejects.toThrow('at the very end')
      let licenseIds: readonly string[] = []
      const { turns } = await countTurns(async () => {
        licenseIds = (await store.customers.erase(customer, contextAt())).licenseIds
      })
      expect(turns).toBeGreaterThanOrEqual((LICENSES * 2) / STEPS_PER_TURN)
      expect(licenseIds.toSorted()).toEqual(ids.toSorted())
      const { data } = await store.licenses.list(
        { customerEmail: 'many@example.com' },
        { limit: 1, after: null },
      )
      expect(data).toEqual([])
      const erasures = await store.events.list(
        { types: ['customer.erased'] },
        { limit: 9, after: null },
      )
      expect(erasures.data).toHaveLength(1)
    })
  })
}
