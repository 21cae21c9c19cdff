import { assert } from '~/assert.ts'
import type { TestApp, TestResponse } from '../support/app.ts'
import {
  type Actions,
  FREE_DOMAIN_PATTERNS,
  type Host,
  LEASE_SECONDS,
  type Observation,
  type Terms,
  type Thing,
} from './actions.ts'

const api = '/api/v1'

const fields = {
  maxDomains: 'max_domains',
  maxDevices: 'max_devices',
  maxSeats: 'max_seats',
  domainMatch: 'domain_match',
  activation: 'activation',
  evictIdleDays: 'evict_idle_days',
  deactivationsMaxPer30Days: 'deactivations_max_per_30_days',
  freeDomainsPerDomain: 'free_domains_per_domain',
} as const satisfies Record<keyof Terms, string>

let plans = 0

/** A license with its own plan, used through the HTTP API. */
export class HttpSystem implements Actions<Promise<string>> {
  readonly id: string
  readonly #app: TestApp
  readonly #plan: string
  readonly #key: string
  readonly #seatIds = new Map<string, string>()

  private constructor(app: TestApp, plan: string, license: { id: string; key: string }) {
    this.#app = app
    this.#plan = plan
    this.id = license.id
    this.#key = license.key
  }

  static async open(app: TestApp, terms: Terms): Promise<HttpSystem> {
    const slug = `model-${++plans}`
    const { status } = await app.send('POST', `${api}/plans`, {
      slug,
      product: 'default',
      name: slug,
      free_domain_patterns: FREE_DOMAIN_PATTERNS,
      seat_lease_seconds: LEASE_SECONDS,
      ...toFields(terms),
    })
    assert(status === 201, 'the plan is created')
    return new HttpSystem(app, slug, await app.createLicense({ plan: slug }))
  }

  async observe(): Promise<Observation> {
    const [license, activations, seats] = await Promise.all([
      this.#app.send('GET', `${api}/licenses/${this.id}`),
      this.#app.send('GET', `${api}/licenses/${this.id}/activations?limit=100`),
      this.#app.send('GET', `${api}/licenses/${this.id}/seats?limit=100`),
    ])
    const shown: { kind: string; value: string; free: boolean }[] = activations.body.data
    const held: { fingerprint: string }[] = seats.body.data
    return {
      domains: license.body.domains.toSorted(),
      freeDomains: shown
        .filter(({ free }) => free)
        .map(({ value }) => value)
        .sort(),
      devices: shown
        .filter(({ kind }) => kind === 'device')
        .map(({ value }) => value)
        .sort(),
      seats: held.map(({ fingerprint }) => fingerprint).sort(),
      domainsUsed: license.body.domains_count,
      devicesUsed: license.body.devices,
    }
  }

  async wait(durationMs: number): Promise<string> {
    this.#app.clock.advanceMs(durationMs)
    return 'done'
  }

  async changePlan(terms: Partial<Terms>): Promise<string> {
    return toWord(await this.#app.send('PUT', `${api}/plans/${this.#plan}`, toFields(terms)))
  }

  suspend = () => this.#manage('POST', 'suspend')
  reinstate = () => this.#manage('POST', 'reinstate')
  move = (from: string, to: string) => this.#manage('POST', 'activations/move', { from, to })
  activate = (thing: Thing) => this.#ask('activate', thing)
  deactivate = (thing: Thing) => this.#ask('deactivate', thing)
  renew = (user: string) => this.#ask('seats/renew', { id: this.#seatIds.get(user) ?? '' })
  release = (user: string) => this.#ask('seats/release', { id: this.#seatIds.get(user) ?? '' })

  async validate(domain: Host | undefined, fingerprint: string | undefined): Promise<string> {
    const { body } = await this.#app.validate({ key: this.#key, domain, fingerprint })
    return body.valid ? 'done' : body.error
  }

  async remove(value: string): Promise<string> {
    const list = await this.#app.send('GET', `${api}/licenses/${this.id}/activations?limit=100`)
    const found = list.body.data.find((one: { value: string }) => one.value === value)
    return this.#manage('DELETE', `activations/${found?.id ?? 'act_none'}`)
  }

  async acquire(fingerprint: string): Promise<string> {
    const answer = await this.#post('seats/acquire', { fingerprint })
    if (answer.status === 200) this.#seatIds.set(fingerprint, answer.body.id)
    return toWord(answer)
  }

  async #ask(path: string, body: object): Promise<string> {
    return toWord(await this.#post(path, body))
  }

  #post(path: string, body: object): Promise<TestResponse> {
    return this.#app.callAsClient(path, { key: this.#key, ...body })
  }

  async #manage(method: string, path: string, body?: object): Promise<string> {
    return toWord(await this.#app.send(method, `${api}/licenses/${this.id}/${path}`, body))
  }
}

function toWord({ status, body }: TestResponse): string {
  return status === 200 ? 'done' : body.code
}

function toFields(terms: Partial<Terms>): object {
  return Object.fromEntries(
    Object.entries(terms).map(([name, value]) => [fields[name as keyof Terms], value]),
  )
}
