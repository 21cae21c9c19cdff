import type { Activation, LicenseState } from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { getActivationValue } from '~/domain/hostnames.ts'
import { decideReinstatement, decideSuspension } from '~/domain/licenses.ts'
import { decideAcquisition, decideRelease, decideSeatRenewal, type Seat } from '~/domain/seats.ts'
import {
  decideActivation,
  decideDeactivation,
  decideMove,
  decideRemoval,
  queryForActivation,
  queryForDeactivation,
  queryForMove,
  type Target,
} from '~/domain/slots.ts'
import { decideValidation } from '~/domain/validations.ts'
import { isRefusal, type Refusal } from '~/domain/verdicts.ts'
import { MemoryLicense } from '../support/memory-license.ts'
import { aHost, createId, startMs } from '../support/samples.ts'
import {
  type Acts,
  type Host,
  hosts,
  LEASE_SECONDS,
  type Sight,
  type Terms,
  type Thing,
} from './acts.ts'

/** The pure rules, over a license in memory. */
export class RulesSystem implements Acts<string> {
  #nowMs = startMs
  readonly #license: MemoryLicense
  readonly #seatIds = new Map<string, string>()

  constructor(terms: Terms) {
    const fixed = { freeDomainPatterns: ['staging.*'], seatLeaseSeconds: LEASE_SECONDS }
    this.#license = new MemoryLicense({ ...terms, ...fixed }, { activatedAtMs: startMs })
  }

  look(): Sight {
    const { license, activations, seats } = this.#license
    const valuesOf = (isShown: (one: Activation) => boolean) =>
      activations
        .filter(isShown)
        .map(({ value }) => value)
        .sort()
    return {
      domains: valuesOf(({ kind, isFree }) => kind === 'domain' && !isFree),
      freeDomains: valuesOf(({ isFree }) => isFree),
      devices: valuesOf(({ kind }) => kind === 'device'),
      seats: seats
        .filter(({ expiresAtMs }) => this.#nowMs < expiresAtMs)
        .map(({ fingerprint }) => fingerprint)
        .sort(),
      domainsUsed: license.domainsUsed,
      devicesUsed: license.devicesUsed,
    }
  }

  wait(durationMs: number): string {
    this.#nowMs += durationMs
    return 'done'
  }

  changePlan(terms: Partial<Terms>): string {
    this.#license.plan = { ...this.#license.plan, ...terms }
    return 'done'
  }

  suspend(): string {
    this.#license.decide({}, (state) => decideSuspension(state, null, this.#nowMs))
    return 'done'
  }

  reinstate(): string {
    this.#license.decide({}, (state) => decideReinstatement(state, this.#nowMs))
    return 'done'
  }

  activate(thing: Thing): string {
    const target = targetOf(thing)
    const query = queryForActivation(target)
    const { domain, device } = this.#license.state(query)
    const word = this.#answer(query, (state) => decideActivation(state, target, this.#newcomer()))
    if (word === 'done') this.#license.see([domain, device], this.#nowMs)
    return word
  }

  deactivate(thing: Thing): string {
    const target = targetOf(thing)
    const query = queryForDeactivation(target, this.#nowMs)
    return this.#answer(query, (state) => decideDeactivation(state, target, this.#nowMs))
  }

  validate(domain: Host | undefined, fingerprint: string | undefined): string {
    const hostname = domain === undefined ? undefined : aHost(domain)
    const query = { hostname: hostname ?? null, fingerprint }
    const before = this.#license.state(query)
    const verdict = this.#license.decide(query, (state) =>
      decideValidation(state, { hostname, fingerprint }, () => createId('act'), this.#nowMs),
    )
    if (isRefusal(verdict)) return verdict.error
    this.#license.see([before.domain, before.device], this.#nowMs)
    return 'done'
  }

  move(from: string, to: string): string {
    const named = this.#find(from)
    const target = targetOf(to in hosts ? { domain: to as Host } : { fingerprint: to })
    const query = queryForMove(named?.id ?? '', target)
    return this.#answer(query, (state) => decideMove(state, target, this.#newcomer()))
  }

  remove(value: string): string {
    const named = this.#license.activations.find((one) => one.value === value)
    return this.#answer({ activationId: named?.id ?? '' }, decideRemoval)
  }

  acquire(fingerprint: string): string {
    const query = { seat: { fingerprint, nowMs: this.#nowMs } }
    return this.#answer(query, (state): Decision<Seat | Refusal> => {
      const wanted = { fingerprint, name: null }
      const decision = decideAcquisition(state, wanted, createId('seat'), this.#nowMs)
      if (!isRefusal(decision.result)) this.#seatIds.set(fingerprint, decision.result.id)
      return decision
    })
  }

  renew(fingerprint: string): string {
    const query = { seat: { id: this.#seatIds.get(fingerprint) ?? '', nowMs: this.#nowMs } }
    return this.#answer(query, (state) => decideSeatRenewal(state, this.#nowMs))
  }

  release(fingerprint: string): string {
    const query = { seat: { id: this.#seatIds.get(fingerprint) ?? '', nowMs: this.#nowMs } }
    return this.#answer(query, (state) => decideRelease(state, this.#nowMs))
  }

  #find(text: string): Activation | undefined {
    const { plan, activations } = this.#license
    const names =
      text in hosts ? [aHost(text).host, getActivationValue(aHost(text), plan.domainMatch)] : [text]
    return names
      .map((name) => activations.find(({ value }) => value === name))
      .find((one) => one !== undefined)
  }

  #newcomer() {
    return { id: createId('act'), name: null, country: null, nowMs: this.#nowMs }
  }

  /** The word for what was answered. */
  #answer<Result extends object>(
    query: Parameters<MemoryLicense['decide']>[0],
    rule: (state: LicenseState) => Decision<Result | Refusal>,
  ): string {
    try {
      const result = this.#license.decide(query, rule)
      return isRefusal(result) ? result.error : 'done'
    } catch (error) {
      if (error instanceof Fault) return error.kind
      throw error
    }
  }
}

function targetOf({ domain, fingerprint }: Thing): Target {
  return domain === undefined
    ? { kind: 'device', fingerprint }
    : { kind: 'domain', hostname: aHost(domain) }
}
