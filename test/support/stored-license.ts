import { rmSync } from 'node:fs'
import { assert } from '~/assert.ts'
import type { Activation, ActivationQuery, LicenseState } from '~/domain/activations.ts'
import { appActor } from '~/domain/actors.ts'
import type { Decision, EventDraft, LicenseFacts } from '~/domain/decisions.ts'
import type { EventFacts } from '~/domain/events.ts'
import { decideIssuance } from '~/domain/issuance.ts'
import type { License, LicenseSnapshot } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import type { Seat } from '~/domain/seats.ts'
import type { Store } from '~/store/port.ts'
import { openSqlite } from '../store/sqlite/open-store.ts'
import { anOrder, aPlan, aProduct, createId, startMs } from './samples.ts'
import { createScratchDirectory } from './scratch.ts'

const context = { actor: appActor, requestId: 'test', nowMs: startMs, idempotency: null }
const firstPage = { limit: 1000, after: null }

export type StoredEvent = Pick<EventDraft, 'type' | 'activation' | 'extra'>

/** Opens an empty store for `StoredLicense.create`. */
export async function openRulesStore(): Promise<Store & AsyncDisposable> {
  const directory = createScratchDirectory()
  const renderEvent = ({ activation, extra }: EventFacts) => JSON.stringify({ activation, extra })
  const store = openSqlite(directory, { renderEvent })
  await store.products.create(aProduct(), [], context)
  return {
    ...store,
    [Symbol.asyncDispose]: async () => {
      await store.close()
      rmSync(directory, { recursive: true })
    },
  }
}

let plans = 0

/** A license in a real store: the rules read their state from it and write their decisions to it. */
export class StoredLicense {
  readonly store: Store
  readonly id: string
  readonly #planSlug: string

  private constructor(store: Store, id: string, planSlug: string) {
    this.store = store
    this.id = id
    this.#planSlug = planSlug
  }

  /** Creates a license with a plan of its own. */
  static async create(
    store: Store,
    terms: Partial<Plan> = {},
    facts: LicenseFacts = {},
  ): Promise<StoredLicense> {
    const slug = `plan-${++plans}`
    await store.plans.create(aPlan({ slug, ...terms }), context)
    const order = anOrder()
    await store.licenses.create({ planSlug: slug }, context, (state) =>
      decideIssuance(state, [order], () => createId('act'), startMs),
    )
    const license = new StoredLicense(store, order.id, slug)
    await license.update(facts)
    return license
  }

  /** Runs a rule in a transaction over the state that it queries, and returns its result. */
  async decide<Result>(
    query: ActivationQuery,
    rule: (state: LicenseState & LicenseSnapshot) => Decision<Result>,
  ): Promise<Result> {
    const changed = await this.store.licenses.change(this.id, query, context, rule)
    assert(changed !== null, 'the license exists')
    return changed.result
  }

  async update(set: LicenseFacts): Promise<void> {
    if (Object.keys(set).length === 0) return
    const changes = [{ type: 'license.update', licenseId: this.id, set }] as const
    await this.decide({ intent: 'none' }, () => ({ result: null, changes, events: [] }))
  }

  async updatePlan(terms: Partial<Plan>): Promise<void> {
    await this.store.plans.change(this.#planSlug, context, (plan) => ({ ...plan, ...terms }))
  }

  see(activations: readonly (Activation | null)[], atMs: number): void {
    const seen = activations.filter((activation) => activation !== null)
    for (const activation of seen) this.store.activations.recordSeen(activation, atMs)
  }

  async license(): Promise<License> {
    const record = await this.store.licenses.find(this.id)
    assert(record !== null, 'the license exists')
    return record.license
  }

  /** Oldest first. */
  async activations(): Promise<readonly Activation[]> {
    return (await this.store.activations.list(this.id, firstPage)).data.toReversed()
  }

  async values(): Promise<string[]> {
    return (await this.activations()).map(({ value }) => value)
  }

  async seats(nowMs = startMs): Promise<readonly Seat[]> {
    return (await this.store.seats.list(this.id, nowMs, firstPage)).data
  }

  /** Returns the events after the creation, oldest first. */
  async events(): Promise<readonly StoredEvent[]> {
    const { data } = await this.store.events.list({ licenseId: this.id }, firstPage)
    return data
      .toReversed()
      .filter(({ type }) => type !== 'license.created')
      .map(({ type, data }) => ({ type, ...JSON.parse(data) }) as StoredEvent)
  }
}
