import {
  type Activation,
  type ActivationQuery,
  type ActivationState,
  coveringRoot,
  coveringValues,
  DEVELOPMENT_DOMAINS_MAX,
  type LicenseState,
  leavingValues,
  noActivationState,
} from '~/domain/activations.ts'
import type { Change, Decision, EventDraft } from '~/domain/decisions.ts'
import type { Hostname } from '~/domain/hostnames.ts'
import type { License } from '~/domain/licenses.ts'
import type { Plan } from '~/domain/plans.ts'
import type { Seat, SeatQuery } from '~/domain/seats.ts'
import { aLicense, aPlan } from './samples.ts'

/** A license in memory: what rules read of it, and what becomes of it by their decisions. */
export class MemoryLicense {
  plan: Plan
  license: License
  activations: Activation[] = []
  seats: Seat[] = []
  readonly deactivationsAtMs: number[] = []
  readonly events: EventDraft[] = []

  constructor(terms: Partial<Plan> = {}, facts: Partial<License> = {}) {
    this.plan = aPlan(terms)
    this.license = aLicense(this.plan, facts)
  }

  /** Runs a rule over what it asks about, and applies what it decides. */
  decide<Result>(query: ActivationQuery, rule: (state: LicenseState) => Decision<Result>): Result {
    const { result, changes, events } = rule(this.state(query))
    for (const change of changes) this.#apply(change)
    this.events.push(...events)
    return result
  }

  state(query: ActivationQuery = {}): LicenseState {
    return { license: this.license, plan: this.plan, ...this.#activationState(query) }
  }

  see(activations: readonly (Activation | null)[], atMs: number): void {
    const ids = new Set(activations.map((activation) => activation?.id))
    this.activations = this.activations.map((activation) =>
      ids.has(activation.id) ? { ...activation, lastSeenAtMs: atMs } : activation,
    )
  }

  #activationState(query: ActivationQuery): ActivationState {
    const { hostname, fingerprint, activationId, seat, deactivationsSinceMs: sinceMs } = query
    const isLeaving = sinceMs !== undefined
    const domain = hostname ? this.#domain(hostname, isLeaving) : null
    const device = this.#find((one) => one.kind === 'device' && one.value === fingerprint)
    const named = this.#find(({ id }) => id === activationId)
    const idleDomain = hostname && domain === null ? this.#idlest('domain') : null
    return {
      domain,
      isRootActivated: this.#slotsOf(hostname?.root ?? null).length > 0,
      device,
      idleDomain,
      idleDevice: fingerprint !== undefined && device === null ? this.#idlest('device') : null,
      named,
      dependants: this.#dependants(named ?? (isLeaving ? domain : idleDomain)),
      idleDevelopment: this.#idleDevelopment(),
      deactivationsAtMs: this.deactivationsAtMs.filter((atMs) => isLeaving && atMs > sinceMs),
      seat: seat === undefined ? noActivationState.seat : this.#seatStanding(seat),
    }
  }

  #find(isSought: (activation: Activation) => boolean): Activation | null {
    return this.activations.find(isSought) ?? null
  }

  #domain(hostname: Hostname, isLeaving: boolean): Activation | null {
    const values = (isLeaving ? leavingValues : coveringValues)(hostname, this.plan)
    const byValue = values.map((value) =>
      this.#find((one) => one.kind === 'domain' && one.value === value),
    )
    const [sibling] = isLeaving ? [] : this.#slotsOf(coveringRoot(hostname, this.plan))
    return byValue.find((one) => one !== null) ?? sibling ?? null
  }

  #idleDevelopment(): Activation | null {
    const all = this.activations.filter(({ isFree, root }) => isFree && root === null)
    if (all.length < DEVELOPMENT_DOMAINS_MAX) return null
    return all.sort((one, other) => one.lastSeenAtMs - other.lastSeenAtMs)[0] ?? null
  }

  #slotsOf(root: string | null): Activation[] {
    return this.activations.filter((one) => root !== null && one.root === root && !one.isFree)
  }

  #idlest(kind: Activation['kind']): Activation | null {
    if (this.plan.evictIdleDays === null) return null
    const slots = this.activations.filter((one) => one.kind === kind && !one.isFree)
    return slots.sort((one, other) => one.lastSeenAtMs - other.lastSeenAtMs)[0] ?? null
  }

  #dependants(leaving: Activation | null): Activation[] {
    if (leaving === null || leaving.isFree || this.#slotsOf(leaving.root).length !== 1) return []
    return this.activations.filter(({ isFree, root }) => isFree && root === leaving.root)
  }

  #seatStanding(query: SeatQuery) {
    const isProbed = (seat: Seat) =>
      'id' in query ? seat.id === query.id : seat.fingerprint === query.fingerprint
    const seat = this.seats.find(isProbed) ?? null
    const held = this.seats.filter(({ expiresAtMs }) => query.nowMs < expiresAtMs)
    return { seat, othersInUse: seat !== null && held.includes(seat) ? null : held.length }
  }

  #apply(change: Change): void {
    switch (change.type) {
      case 'activation.create':
        this.activations.push(change.activation)
        this.#count(change.activation, 1)
        return
      case 'activation.delete':
        this.activations = this.activations.filter(({ id }) => id !== change.activation.id)
        this.#count(change.activation, -1)
        return
      case 'activation.see':
        this.see([change.activation], change.atMs)
        return
      case 'deactivation.count':
        this.deactivationsAtMs.push(change.atMs)
        return
      case 'seat.create':
      case 'seat.update':
      case 'seat.delete': {
        const others = this.seats.filter(({ id }) => id !== change.seat.id)
        this.seats = change.type === 'seat.delete' ? others : [...others, change.seat]
        return
      }
      case 'license.update':
        this.license = { ...this.license, ...change.set }
        return
      default:
        throw new Error(`${change.type} is none of a license's own changes`)
    }
  }

  #count({ kind, root, isFree }: Activation, step: 1 | -1): void {
    const { domainsUsed, freeDomainsUsed, devicesUsed } = this.license
    if (kind === 'device') this.license = { ...this.license, devicesUsed: devicesUsed + step }
    else if (!isFree) this.license = { ...this.license, domainsUsed: domainsUsed + step }
    else if (root !== null) {
      this.license = { ...this.license, freeDomainsUsed: freeDomainsUsed + step }
    }
  }
}
