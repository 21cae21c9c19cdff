import type { ActivationQuery } from '~/domain/activations.ts'
import type { Change, Decision } from '~/domain/decisions.ts'
import type { EventFacts, EventType } from '~/domain/events.ts'
import { decideIssuance, type LicenseOrder } from '~/domain/issuance.ts'
import type { LicenseRecord, LicenseSnapshot } from '~/domain/licenses.ts'
import type { Page } from '~/domain/pages.ts'
import type { Plan } from '~/domain/plans.ts'
import type { Idempotency, StoredResponse } from '~/store/idempotency-port.ts'
import type { CommandContext, Store } from '~/store/port.ts'
import { anOrder, aPlan, aProduct, createId, startMs } from '../../support/samples.ts'

/** A store under test in its own directory, which is deleted when it is disposed of. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: Store
  /** Opens a second store in the same directory, like a command beside the server. */
  openAnother(): Store
  /** Closes the store and opens the directory again. */
  reopen(): Promise<Store>
}

/** Opens an empty store of the engine under test. */
export type OpenStore = () => Promise<OpenedStore>

/** Renders the versions of the license before and after, the sequence, and the customer. */
export function renderEvent({ before, after, sequence }: EventFacts): string {
  const versionOf = (record: LicenseRecord | null) => record?.license.version ?? null
  const versions = { before: versionOf(before), after: versionOf(after), sequence }
  if (after === null) return JSON.stringify(versions)
  const { customerEmail: customer_email, customerName: customer_name } = after.license
  return JSON.stringify({ ...versions, license: { customer_email, customer_name } })
}

export function contextAt<Result>(nowMs = startMs): CommandContext<Result> {
  return {
    actor: { kind: 'key', id: 'key_test', name: null },
    requestId: 'req-test',
    nowMs,
    idempotency: null,
  }
}

/** Rejects a command whose response is stored. */
export class Replayed extends Error {
  readonly stored: StoredResponse

  constructor(stored: StoredResponse) {
    super('The response is stored.')
    this.stored = stored
  }
}

/** The context of a command that runs once for the key `key`, until a second later. */
export function contextOnce<Result>(
  render: Idempotency<Result>['render'],
  given: Partial<Idempotency<Result>> = {},
): CommandContext<Result> {
  const idempotency = {
    keyHash: 'key',
    bodyHash: 'body',
    expiresAtMs: startMs + 1000,
    render,
    replay: (stored: StoredResponse) => {
      throw new Replayed(stored)
    },
    ...given,
  }
  return { ...contextAt(), idempotency }
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
  const records = await store.licenses.create({ planSlug: 'professional' }, contextAt(), (state) =>
    decideIssuance(state, orders.map(anOrder), () => createId('act'), startMs),
  )
  return records ?? []
}

/** Creates a product, a plan with these terms, and a license. */
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

/** Increments the version and the start of the term, and appends an event: a minimal change. */
export function touch(
  store: Store,
  licenseId: string,
  nowMs = startMs,
  type: EventType = 'license.updated',
) {
  return store.licenses.change(licenseId, { intent: 'none' }, contextAt(nowMs), ({ license }) =>
    decision(
      null,
      [{ type: 'license.update', licenseId, set: next(license.version + 1) }],
      [{ type, licenseId }],
    ),
  )
}

/** The start of the term shows the version to those who read only the terms of a license. */
export const next = (version: number) => ({ version, termStartedAtMs: version })

/** Changes a license by a rule. */
export function changeOne(
  store: Store,
  licenseId: string,
  rule: (snapshot: LicenseSnapshot) => Decision<null>,
) {
  return store.licenses.change(licenseId, { intent: 'none' }, contextAt(), rule)
}

/** Applies changes to a license without a rule. */
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
