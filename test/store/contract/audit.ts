import { describe, expect, test } from 'bun:test'
import type { Actor } from '~/domain/actors.ts'
import type { AuditEntry, AuditFilter } from '~/domain/audit.ts'
import type { Plan } from '~/domain/plans.ts'
import type { Store } from '~/store/port.ts'
import { takeOneStep } from '~/turns.ts'
import { aPlan, startMs } from '../../support/samples.ts'
import { contextAt, contextOnce, createCatalog, type OpenStore, readAllPages } from './stores.ts'

const operator: Actor = { kind: 'operator', id: 'op_1', name: 'Ada: key_test' }

/** Lists all entries in pages of two. */
async function listAll(store: Store, filter: AuditFilter = {}): Promise<readonly AuditEntry[]> {
  return readAllPages((page) => store.audit.list(filter, page), 2)
}

async function rename(store: Store, name: string, actor: Actor, nowMs: number): Promise<void> {
  const context = { ...contextAt<Plan>(nowMs), actor, address: '192.0.2.0' }
  await store.plans.change('professional', context, (plan) => ({ ...plan, name }))
}

/** Creates a product and a plan, which it then renames twice. */
async function createHistory(store: Store): Promise<void> {
  await createCatalog(store, { name: 'one' })
  await rename(store, 'two', operator, startMs + 1000)
  await rename(store, 'three', contextAt().actor, startMs + 2000)
}

const numbersOf = (entries: readonly AuditEntry[]) => entries.map(({ number }) => number)

export function auditContract(openStore: OpenStore): void {
  describe('audit', () => {
    test('audit: an entry has its actor, address and request, and the fields before and after', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createHistory(store)
      const [, entry] = await listAll(store)
      expect(entry).toEqual({
        number: 3,
        atMs: startMs + 1000,
        actor: operator,
        address: '192.0.2.0',
        requestId: 'req-test',
        action: 'plan.update',
        subjectId: 'professional',
        before: { name: 'one' },
        after: { name: 'two' },
        isErased: false,
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      })
    })

    test('audit: entries are listed newest first, or oldest first after a number', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createHistory(store)
      expect(numbersOf(await listAll(store))).toEqual([4, 3, 2, 1])
      expect(numbersOf(await listAll(store, { afterNumber: 0 }))).toEqual([1, 2, 3, 4])
      expect(numbersOf(await listAll(store, { afterNumber: 3 }))).toEqual([4])
      expect(numbersOf(await listAll(store, { afterNumber: 4 }))).toEqual([])
    })

    const filters: readonly [filter: AuditFilter, numbers: readonly number[]][] = [
      [{ subjectId: 'professional' }, [4, 3, 2]],
      [{ subjectId: 'prof%' }, []],
      [{ actor: 'op_1' }, [3]],
      [{ actor: 'operator' }, [3]],
      [{ actor: 'key_test' }, [4, 2, 1]],
      [{ actor: 'key' }, [4, 2, 1]],
      [{ actor: 'key_tes' }, []],
      [{ actor: '%' }, []],
      [{ action: 'plan.update' }, [4, 3]],
      [{ action: 'plan.*' }, [4, 3, 2]],
      [{ action: 'plan' }, []],
      [{ fromMs: startMs + 1000 }, [4, 3]],
      [{ toMs: startMs + 1000 }, [3, 2, 1]],
      [{ fromMs: startMs + 1000, toMs: startMs + 1999 }, [3]],
      [{ subjectId: 'professional', actor: 'key', action: 'plan.create' }, [2]],
      [{ actor: 'key', afterNumber: 1 }, [2, 4]],
    ]
    test.each(filters)('audit: the filter %j finds its entries', async (filter, numbers) => {
      await using opened = await openStore()
      await createHistory(opened.store)
      expect(numbersOf(await listAll(opened.store, filter))).toEqual([...numbers])
    })

    test('audit: a command that fails leaves no entry and no gap', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createHistory(store)
      const plans = Promise.allSettled([
        store.plans.create(aPlan(), contextAt()),
        store.plans.create(aPlan({ slug: 'other' }), contextAt()),
      ])
      const [failed, created] = await plans
      expect([failed.status, created.status]).toEqual(['rejected', 'fulfilled'])
      const [entry] = await listAll(store)
      expect(entry).toMatchObject({ number: 5, subjectId: 'other' })
    })

    test('audit: an action without a change of its own is recorded with the response to it', async () => {
      await using opened = await openStore()
      const { store } = opened
      await createHistory(store)
      const change = { before: null, after: { bytes: 7 }, personal: null }
      const action = { action: 'backup.create', subjectId: 'one.sqlite', change }
      const context = contextOnce((result: number) => takeOneStep(() => String(result)))
      expect(await store.audit.record(action, 7, context)).toBe(7)
      const [entry] = await listAll(store)
      const { subjectId, after } = entry ?? {}
      expect([entry?.number, entry?.action, subjectId, after]).toEqual([
        5,
        'backup.create',
        'one.sqlite',
        { bytes: 7 },
      ])
      const stored = await store.storedResponses.find('key', startMs)
      expect(stored).toEqual({ bodyHash: 'body', sealedResponse: '7' })
    })

    test('audit: the chain continues after a restart, and through other processes', async () => {
      await using opened = await openStore()
      await createHistory(opened.store)
      const store = await opened.reopen()
      const other = opened.openAnother()
      await rename(other, 'four', operator, startMs)
      await rename(store, 'five', operator, startMs)
      const entries = await listAll(store)
      expect(numbersOf(entries)).toEqual([6, 5, 4, 3, 2, 1])
      expect(new Set(entries.map(({ hash }) => hash)).size).toBe(6)
    })
  })
}
