import type { Activation, ActivationQuery, LicenseState, Target } from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { getActivationValue } from '~/domain/hostnames.ts'
import { decideReinstatement, decideSuspension, type LicenseSnapshot } from '~/domain/licenses.ts'
import { decideAcquisition, decideRelease, decideSeatRenewal, type Seat } from '~/domain/seats.ts'
import { decideActivation, decideDeactivation, decideMove, decideRemoval } from '~/domain/slots.ts'
import { decideValidation } from '~/domain/validations.ts'
import { isRefusal, type Refusal } from '~/domain/verdicts.ts'
import type { Store } from '~/store/port.ts'
import { aHost, createId, startMs } from '../support/samples.ts'
import { StoredLicense } from '../support/stored-license.ts'
import {
  type Actions,
  FREE_DOMAIN_PATTERNS,
  type Host,
  hosts,
  LEASE_SECONDS,
  type Observation,
  type Terms,
  type Thing,
} from './actions.ts'

/** The rules over a license in a real store, without cache and HTTP. */
export class RulesSystem implements Actions<Promise<string>> {
  #nowMs = startMs
  #terms: Terms
  readonly #license: StoredLicense
  readonly #seatIds = new Map<string, string>()

  private constructor(license: StoredLicense, terms: Terms) {
    this.#license = license
    this.#terms = terms
  }

  static async open(store: Store, terms: Terms): Promise<RulesSystem> {
    const fixed = { freeDomainPatterns: FREE_DOMAIN_PATTERNS, seatLeaseSeconds: LEASE_SECONDS }
    const facts = { activatedAtMs: startMs }
    const license = await StoredLicense.create(store, { ...terms, ...fixed }, facts)
    return new RulesSystem(license, terms)
  }

  async observe(): Promise<Observation> {
    const [license, activations, seats] = await Promise.all([
      this.#license.license(),
      this.#license.activations(),
      this.#license.seats(this.#nowMs),
    ])
    const valuesOf = (isShown: (one: Activation) => boolean) =>
      activations
        .filter(isShown)
        .map(({ value }) => value)
        .sort()
    return {
      domains: valuesOf(({ kind, isFree }) => kind === 'domain' && !isFree),
      freeDomains: valuesOf(({ isFree }) => isFree),
      devices: valuesOf(({ kind }) => kind === 'device'),
      seats: seats.map(({ fingerprint }) => fingerprint).sort(),
      domainsUsed: license.domainsUsed,
      devicesUsed: license.devicesUsed,
    }
  }

  async wait(durationMs: number): Promise<string> {
    this.#nowMs += durationMs
    return 'done'
  }

  async changePlan(terms: Partial<Terms>): Promise<string> {
    this.#terms = { ...this.#terms, ...terms }
    await this.#license.updatePlan(terms)
    return 'done'
  }

  async suspend(): Promise<string> {
    await this.#license.decide({ intent: 'none' }, (state) =>
      decideSuspension(state, null, this.#nowMs),
    )
    return 'done'
  }

  async reinstate(): Promise<string> {
    await this.#license.decide({ intent: 'none' }, (state) =>
      decideReinstatement(state, this.#nowMs),
    )
    return 'done'
  }

  async activate(thing: Thing): Promise<string> {
    const target = toTarget(thing)
    return this.#perform({ intent: 'activate', target }, (state) => {
      const decision = decideActivation(state, target, this.#draft())
      if (!isRefusal(decision.result)) this.#see(state)
      return decision
    })
  }

  async deactivate(thing: Thing): Promise<string> {
    const target = toTarget(thing)
    return this.#perform({ intent: 'deactivate', target, nowMs: this.#nowMs }, (state) =>
      decideDeactivation(state, target, this.#nowMs),
    )
  }

  async validate(domain: Host | undefined, fingerprint: string | undefined): Promise<string> {
    const hostname = domain === undefined ? undefined : aHost(domain)
    return this.#perform({ intent: 'validate', hostname, fingerprint }, (state) => {
      const request = { hostname, fingerprint }
      const decision = decideValidation(state, request, () => createId('act'), this.#nowMs)
      if (decision.result.valid) this.#see(state)
      return decision
    })
  }

  async move(from: string, to: string): Promise<string> {
    const target = toTarget(to in hosts ? { domain: to as Host } : { fingerprint: to })
    const activationId = await this.#findId(from)
    return this.#perform({ intent: 'move', activationId, target }, (state) =>
      decideMove(state, target, this.#draft()),
    )
  }

  async remove(value: string): Promise<string> {
    const activations = await this.#license.activations()
    const activationId = activations.find((one) => one.value === value)?.id ?? ''
    return this.#perform({ intent: 'remove', activationId }, decideRemoval)
  }

  async acquire(fingerprint: string): Promise<string> {
    const query = { intent: 'seat', seat: { fingerprint }, nowMs: this.#nowMs } as const
    return this.#perform(query, (state): Decision<Seat | Refusal> => {
      const request = { fingerprint, name: null, borrowDays: null }
      const decision = decideAcquisition(state, request, createId('seat'), this.#nowMs)
      if (!isRefusal(decision.result)) this.#seatIds.set(fingerprint, decision.result.id)
      return decision
    })
  }

  renew = (user: string) =>
    this.#perform(this.#seatQuery(user), (state) => decideSeatRenewal(state, this.#nowMs))

  release = (user: string) =>
    this.#perform(this.#seatQuery(user), (state) => decideRelease(state, this.#nowMs))

  #seatQuery(user: string): ActivationQuery {
    return { intent: 'seat', seat: { id: this.#seatIds.get(user) ?? '' }, nowMs: this.#nowMs }
  }

  /** Records that the activations were seen, as a client call does. */
  #see({ domain, device }: LicenseState): void {
    this.#license.see([domain, device], this.#nowMs)
  }

  async #findId(text: string): Promise<string> {
    const names =
      text in hosts
        ? [aHost(text).host, getActivationValue(aHost(text), this.#terms.domainMatch)]
        : [text]
    const activations = await this.#license.activations()
    const found = names.map((name) => activations.find(({ value }) => value === name))
    return found.find((one) => one !== undefined)?.id ?? ''
  }

  #draft() {
    return { id: createId('act'), name: null, country: null, nowMs: this.#nowMs }
  }

  /** Returns `done`, or the code of the refusal or fault. */
  async #perform<Result extends object>(
    query: ActivationQuery,
    rule: (state: LicenseState & LicenseSnapshot) => Decision<Result | Refusal>,
  ): Promise<string> {
    try {
      const result = await this.#license.decide(query, rule)
      return isRefusal(result) ? result.error : 'done'
    } catch (error) {
      if (error instanceof Fault) return error.kind
      throw error
    }
  }
}

function toTarget({ domain, fingerprint }: Thing): Target {
  return domain === undefined
    ? { kind: 'device', fingerprint }
    : { kind: 'domain', hostname: aHost(domain) }
}
