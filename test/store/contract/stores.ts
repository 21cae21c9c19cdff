import type { ActivationQuery } from '~/domain/activations.ts'
import type { Change, Decision } from '~/domain/decisions.ts'
import type { EventFacts, EventType } from '~/domain/events.ts'
import { decideIssuance, type LicenseOrder } from '~/domain/issuance.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { Page } from '~/domain/pages.ts'
import type { Plan } from '~/domain/plans.ts'
import type { CommandContext, Store } from '~/store/port.ts'
import { anOrder, aPlan, aProduct, createId, startMs } from '../../support/samples.ts'

/** A store under test, at a place of its own that is gone when it is disposed of. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: Store
  /** A second store at the same place, as another process would open it. */
  openAnother(): Store
  /** Closes the store and opens the place anew. */
  reopen(): Promise<Store>
}

/** What an engine gives for its contract to be checked: an empty store whenever it is called. */
export type OpenStore = () => Promise<OpenedStore>

/** How a store under test freezes events: enough to tell when it was done, and from what. */
export function renderEvent({ before, after, sequence }: EventFacts): string {
  const versionOf = (record: LicenseRecord | null) => record?.license.version ?? null
  return JSON.stringify({ before: versionOf(before), after: versionOf(after), sequence })
}

export function contextAt<Result>(nowMs = startMs): CommandContext<Result> {
  return { actor: 'key_test', requestId: 'req-test', nowMs, idempotency: null }
}

export async function createCatalog(store: Store, ...plans: Partial<Plan>[]): Promise<void> {
  await store.products.create(
    aProduct(),
    (plans.length === 0 ? [{}] : plans).map(aPlan),
    contextAt(),
  )
}

export async function issue(
  store: Store,
  ...orders: readonly Partial<LicenseOrder>[]
): Promise<readonly LicenseRecord[]> {
  const records = await store.licenses.create('professional', contextAt(), (plan) =>
    decideIssuance(plan, orders.map(anOrder), () => createId('act'), startMs),
  )
  return records ?? []
}

/** A license over a catalog of its own, with the terms given. */
export async function issueOne(store: Store, terms: Partial<Plan> = {}): Promise<LicenseRecord> {
  await createCatalog(store, terms)
  const [record] = await issue(store, {})
  if (record === undefined) throw new Error('nothing was issued')
  return record
}

export function decision<Result>(
  result: Result,
  changes: readonly Change[] = [],
  events: Decision<Result>['events'] = [],
): Decision<Result> {
  return { result, changes, events }
}

/** Moves the version by one and tells of it: the smallest change that leaves a trace everywhere. */
export function touch(
  store: Store,
  licenseId: string,
  nowMs = startMs,
  type: EventType = 'license.updated',
) {
  return store.licenses.change(licenseId, { intent: 'none' }, contextAt(nowMs), ({ license }) =>
    decision(
      null,
      [{ type: 'license.update', licenseId, set: { version: license.version + 1 } }],
      [{ type, licenseId }],
    ),
  )
}

/** Applies changes to a license without asking it. */
export function apply(
  store: Store,
  licenseId: string,
  changes: readonly Change[],
  query: ActivationQuery = { intent: 'none' },
) {
  return store.licenses.change(licenseId, query, contextAt(), () => decision(null, changes))
}

/** Reads every page of a list, `limit` at a time. */
export async function readAllPages<Item>(
  readPage: (page: { limit: number; after: string | null }) => Promise<Page<Item>>,
  limit: number,
): Promise<Item[]> {
  const items: Item[] = []
  let after: string | null = null
  do {
    const { data, nextAfter }: Page<Item> = await readPage({ limit, after })
    items.push(...data)
    after = nextAfter
  } while (after !== null)
  return items
}

export const firstPage = { limit: 100, after: null }
