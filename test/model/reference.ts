import {
  type Actions,
  type Host,
  hosts,
  LEASE_SECONDS,
  type Observation,
  type Terms,
  type Thing,
} from './actions.ts'

const DAY_MS = 86_400_000
const DEACTIVATION_WINDOW_MS = 30 * DAY_MS

/** An activation: it holds a slot, is free, or is a development domain. */
interface Item {
  readonly value: string
  readonly root: string | null
  hold: 'slot' | 'free' | 'development'
  seenAtMs: number
}

/** The simplest possible implementation of the rules for domains, devices and seats. */
export class Reference implements Actions<string> {
  #nowMs = 0
  #terms: Terms
  #isSuspended = false
  #domains: Item[] = []
  #devices: Item[] = []
  readonly #seats = new Map<string, number>()
  readonly #deactivationsAtMs: number[] = []

  constructor(terms: Terms) {
    this.#terms = terms
  }

  get observation(): Observation {
    const slots = this.#domains.filter(({ hold }) => hold === 'slot')
    const valuesOf = (items: readonly Item[]) => items.map(({ value }) => value).sort()
    return {
      domains: valuesOf(slots),
      freeDomains: valuesOf(this.#domains.filter(({ hold }) => hold !== 'slot')),
      devices: valuesOf(this.#devices),
      seats: [...this.#seats.keys()].filter((user) => this.#isHeld(user)).sort(),
      domainsUsed: slots.length,
      devicesUsed: this.#devices.length,
    }
  }

  wait(durationMs: number): string {
    this.#nowMs += durationMs
    return 'done'
  }

  changePlan(terms: Partial<Terms>): string {
    this.#terms = { ...this.#terms, ...terms }
    return 'done'
  }

  suspend(): string {
    this.#isSuspended = true
    return 'done'
  }

  reinstate(): string {
    this.#isSuspended = false
    return 'done'
  }

  activate({ domain, fingerprint }: Thing): string {
    if (this.#isSuspended) return 'LICENSE_SUSPENDED'
    const known = domain ? this.#covering(domain) : this.#find(this.#devices, [fingerprint])
    if (known) known.seenAtMs = this.#nowMs
    if (known) return 'done'
    return domain
      ? this.#enter(this.#domains, this.#domain(domain))
      : this.#enter(this.#devices, this.#device(fingerprint))
  }

  validate(domain: Host | undefined, fingerprint: string | undefined): string {
    if (this.#isSuspended) return 'LICENSE_SUSPENDED'
    const covering = domain && this.#covering(domain)
    const known = this.#devices.find(({ value }) => value === fingerprint)
    const newDomain = domain && !covering ? this.#domain(domain) : null
    const newDevice = fingerprint && !known ? this.#device(fingerprint) : null
    const refusal =
      (newDomain && this.#refusal(this.#domains, newDomain, 'DOMAIN')) ??
      (newDevice && this.#refusal(this.#devices, newDevice, 'DEVICE'))
    if (refusal) return refusal
    for (const item of [covering, known]) if (item) item.seenAtMs = this.#nowMs
    if (newDomain && newDomain.hold !== 'development') this.#enter(this.#domains, newDomain)
    if (newDevice) this.#enter(this.#devices, newDevice)
    return 'done'
  }

  deactivate({ domain, fingerprint }: Thing): string {
    const item = domain
      ? this.#find(this.#domains, this.#namesOf(domain))
      : this.#devices.find(({ value }) => value === fingerprint)
    if (!item) return domain ? 'DOMAIN_NOT_ACTIVATED' : 'DEVICE_NOT_ACTIVATED'
    if (item.hold === 'slot') {
      const { deactivationsMaxPer30Days: max } = this.#terms
      const sinceMs = this.#nowMs - DEACTIVATION_WINDOW_MS
      const recent = this.#deactivationsAtMs.filter((atMs) => atMs > sinceMs)
      if (max !== null && recent.length >= max) return 'DEACTIVATION_LIMIT_REACHED'
      this.#deactivationsAtMs.push(this.#nowMs)
    }
    this.#leave(item)
    return 'done'
  }

  remove(wanted: string): string {
    const item = [...this.#devices, ...this.#domains].find(({ value }) => value === wanted)
    if (item === undefined) return 'not_found'
    this.#leave(item)
    return 'done'
  }

  move(from: string, to: string): string {
    const isDevice = !(to in hosts)
    const items = isDevice ? this.#devices : this.#domains
    const old = this.#find(items, this.#namesOf(from))
    if (old === undefined) return 'not_found'
    const item = isDevice ? this.#device(to) : this.#slotFor(to as Host)
    if (item.value === old.value) return 'done'
    const taken = isDevice ? this.#find(items, [to]) : this.#covering(to as Host)
    if (taken && taken !== old) return 'already_exists'
    if (old.hold !== 'slot') return 'invalid_transition'
    if (!isDevice && item.hold === 'slot') {
      const others = this.#slots.filter((one) => one !== old)
      this.#release(this.#releasable(item, others, others.length + 1))
    }
    this.#leave(old, item.hold === 'slot' ? item.root : null)
    ;(isDevice ? this.#devices : this.#domains).push(item)
    return 'done'
  }

  acquire(user: string): string {
    return this.#lease(user)
  }

  renew(user: string): string {
    if (this.#isSuspended) return 'LICENSE_SUSPENDED'
    return this.#seats.has(user) ? this.#lease(user) : 'SEAT_NOT_FOUND'
  }

  release(user: string): string {
    return this.#seats.delete(user) ? 'done' : 'SEAT_NOT_FOUND'
  }

  #lease(user: string): string {
    if (this.#isSuspended) return 'LICENSE_SUSPENDED'
    const held = [...this.#seats.keys()].filter((one) => this.#isHeld(one))
    const { maxSeats } = this.#terms
    if (!this.#isHeld(user) && maxSeats !== null && held.length >= maxSeats) {
      return 'SEAT_LIMIT_REACHED'
    }
    this.#seats.set(user, this.#nowMs + LEASE_SECONDS * 1000)
    return 'done'
  }

  #isHeld(user: string): boolean {
    return this.#nowMs < (this.#seats.get(user) ?? 0)
  }

  #device(value: string): Item {
    return { value, root: null, hold: 'slot', seenAtMs: this.#nowMs }
  }

  /** Returns the activation that this host would get now. */
  #domain(host: Host): Item {
    const { root, free } = hosts[host]
    const hasRoom = this.#freeCount < this.#budget(this.#slots.length)
    const isBeside = this.#slots.some((one) => one.root === root)
    const needsNone = free === 'always' || (free === 'beside' && isBeside)
    return needsNone && hasRoom
      ? { value: host, root, hold: 'free', seenAtMs: this.#nowMs }
      : this.#slotFor(host)
  }

  get #slots(): Item[] {
    return this.#domains.filter(({ hold }) => hold === 'slot')
  }

  get #freeCount(): number {
    return this.#domains.filter(({ hold }) => hold === 'free').length
  }

  #budget(slots: number): number {
    return this.#terms.freeDomainsPerDomain * Math.max(1, slots)
  }

  /** Returns the slots that become free when this item takes one, out of `slots` in the end. */
  #releasable(item: Item, slots: readonly Item[], total: number): Item[] {
    const hasSite = (root: string | null) =>
      root === item.root || slots.some((one) => one.root === root && freeOf(one) === null)
    const released = [
      ...slots.filter(({ root }) => root !== null && root === item.root),
      ...slots.filter(({ root }) => root === null || root !== item.root),
    ].filter((one) => freeOf(one) === 'always' || (freeOf(one) === 'beside' && hasSite(one.root)))
    while (this.#freeCount + released.length > this.#budget(total - released.length)) {
      if (released.pop() === undefined) break
    }
    return released
  }

  #release(items: readonly Item[]): void {
    for (const item of items) item.hold = 'free'
  }

  #slotFor(host: Host): Item {
    const [value, seenAtMs] = [this.#valueOf(host), this.#nowMs]
    const { root } = hosts[host]
    return host === 'localhost'
      ? { value, root, hold: 'development', seenAtMs }
      : { value, root, hold: 'slot', seenAtMs }
  }

  #valueOf(host: Host): string {
    const plain = host.replace('www.', '')
    return this.#terms.domainMatch === 'exact' ? plain : (hosts[host].root ?? plain)
  }

  #namesOf(text: string): string[] {
    return text in hosts ? [text.replace('www.', ''), this.#valueOf(text as Host)] : [text]
  }

  #find(items: readonly Item[], names: readonly string[]): Item | undefined {
    return names.map((name) => items.find(({ value }) => value === name)).find(Boolean)
  }

  #covering(host: Host): Item | undefined {
    const names = [this.#valueOf(host), host.replace('www.', '')]
    const { root } = hosts[host]
    return (
      this.#find(this.#domains, names) ??
      this.#domains.find(
        (one) =>
          this.#terms.domainMatch === 'subdomains' &&
          root !== null &&
          one.root === root &&
          one.hold === 'slot',
      )
    )
  }

  #limitOf(items: readonly Item[]): number | null {
    return items === this.#devices ? this.#terms.maxDevices : this.#terms.maxDomains
  }

  /** Returns the activation that a new one evicts, null if a slot is free, `none` if there is no room. */
  #evicted(items: readonly Item[], item: Item): Item | null | 'none' {
    const slots = items.filter(({ hold }) => hold === 'slot')
    const released = this.#releasedFor(items, item).length
    const limit = this.#limitOf(items)
    if (limit === null || slots.length - released < limit) return null
    if (released > 0) return 'none'
    const [longestIdle] = slots.sort((one, other) => one.seenAtMs - other.seenAtMs)
    const { evictIdleDays } = this.#terms
    if (evictIdleDays === null || longestIdle === undefined || slots.length > limit) return 'none'
    return longestIdle.seenAtMs <= this.#nowMs - evictIdleDays * DAY_MS ? longestIdle : 'none'
  }

  #releasedFor(items: readonly Item[], item: Item): Item[] {
    if (items === this.#devices || item.hold !== 'slot') return []
    return this.#releasable(item, this.#slots, this.#slots.length + 1)
  }

  #refusal(items: readonly Item[], item: Item, noun: 'DOMAIN' | 'DEVICE'): string | null {
    if (item.hold !== 'slot') return null
    if (this.#terms.activation === 'explicit') return `${noun}_NOT_ACTIVATED`
    return this.#evicted(items, item) === 'none' ? `${noun}_LIMIT_REACHED` : null
  }

  #enter(items: readonly Item[], item: Item): string {
    const isDevice = items === this.#devices
    if (this.#find(items, [item.value])) return 'done'
    const evicted = item.hold === 'slot' ? this.#evicted(items, item) : null
    if (evicted === 'none') return isDevice ? 'DEVICE_LIMIT_REACHED' : 'DOMAIN_LIMIT_REACHED'
    if (evicted === null) this.#release(this.#releasedFor(items, item))
    if (evicted) this.#leave(evicted, item.root)
    ;(isDevice ? this.#devices : this.#domains).push(item)
    return 'done'
  }

  /** Removing the last slot of a root also removes its free domains, unless a successor takes over. */
  #leave(item: Item, successorRoot: string | null = null): void {
    this.#devices = this.#devices.filter((one) => one !== item)
    this.#domains = this.#domains.filter((one) => one !== item)
    const { root, hold } = item
    if (hold !== 'slot' || root === null || root === successorRoot) return
    if (this.#domains.some((one) => one.hold === 'slot' && one.root === root)) return
    this.#domains = this.#domains.filter(
      (one) => one.hold !== 'free' || freeOf(one) === 'always' || one.root !== root,
    )
  }
}

/** Under `subdomains`, the value is the root, which no pattern frees. */
const freeOf = ({ value }: Item) => hosts[value as Host]?.free ?? null
