import { expect } from 'bun:test'
import { processDue } from '~/checkout/process.ts'
import type { Provider } from '~/domain/purchases.ts'
import { openTestApp, respond, type TestApp } from './app.ts'
import { signEvent } from './checkout.ts'

/** The steps of a purchase, in the order in which they have happened. Each has one or more events. */
export interface LifeCycle {
  readonly provider: Provider
  /** The rules that match what is sold. */
  readonly rules: readonly object[]
  readonly bought: readonly object[]
  readonly renewed: readonly object[]
  readonly failed: readonly object[]
  readonly recovered: readonly object[]
  /** Canceled at the end of the period that was paid last. */
  readonly canceled: readonly object[]
  readonly refunded: readonly object[]
  /** Texts in the events that are different for each purchase: parts of IDs, and of the address. */
  readonly marks: readonly string[]
  /** The address in the events, in lower case. It contains one of the marks. */
  readonly email: string
}

export interface Outcome {
  readonly licenses: readonly { status: string; plan: string; expires_at: string | null }[]
  /** The events that have not taken effect. */
  readonly waiting: readonly { type: string; state: string; reason: string }[]
}

/** A shop that sends events to a server of its own. */
export class Shop implements AsyncDisposable {
  readonly app: TestApp
  readonly #cycle: LifeCycle
  #purchases = 100
  #sent = 0

  private constructor(app: TestApp, cycle: LifeCycle) {
    this.app = app
    this.#cycle = cycle
  }

  static async open(cycle: LifeCycle): Promise<Shop> {
    const app = await openTestApp()
    for (const rule of cycle.rules) {
      const { status } = await app.send('POST', '/api/v1/checkout/rules', rule)
      expect(status).toBe(201)
    }
    return new Shop(app, cycle)
  }

  /** Starts another purchase, and returns how to send its events and what they have led to. */
  begin() {
    this.#purchases += 1
    const suffix = String(this.#purchases)
    return {
      send: (...events: readonly object[]) => this.#send(suffix, events),
      process: () => processDue(this.app.deps, new AbortController().signal),
      outcome: () => this.#outcome(suffix),
    }
  }

  /** Sends events, eight at a time, and expects each of them to be accepted. */
  async #send(suffix: string, events: readonly object[]): Promise<void> {
    for (let start = 0; start < events.length; start += 8) {
      const batch = events.slice(start, start + 8)
      const responses = await Promise.all(batch.map((event) => this.#post(suffix, event)))
      expect(responses.map(({ status }) => status)).toEqual(batch.map(() => 200))
    }
  }

  #post(suffix: string, event: object): Promise<Response> {
    const { provider } = this.#cycle
    const body = this.#distinguish(JSON.stringify(event), suffix)
    this.#sent += 1
    // A shop that sends an event again gives it the same ID.
    const id = `msg_${Bun.hash(body)}`
    const headers = signEvent(provider, body, { atMs: this.app.clock.nowMs(), id })
    const url = `http://localhost/api/v1/checkout/${provider}`
    return respond(
      this.app.app,
      new Request(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
      }),
    )
  }

  #distinguish(text: string, suffix: string): string {
    return this.#cycle.marks.reduce((all, mark) => all.replaceAll(mark, `${mark}${suffix}`), text)
  }

  async #outcome(suffix: string): Promise<Outcome> {
    const email = this.#distinguish(this.#cycle.email, suffix)
    const licenses = await this.app.send(
      'GET',
      `/api/v1/licenses?customer_email=${email}&limit=100`,
    )
    const events = await this.app.send('GET', '/api/v1/checkout/events?limit=100')
    return {
      licenses: licenses.body.data.map((license: Outcome['licenses'][number]) => {
        const { status, plan, expires_at } = license
        return { status, plan, expires_at }
      }),
      waiting: events.body.data
        .map(({ type, state, reason }: Outcome['waiting'][number]) => ({ type, state, reason }))
        .filter(({ state }: { state: string }) => !['done', 'ignored'].includes(state)),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close()
  }
}

/** Returns every order of the elements. */
export function permute<Element>(elements: readonly Element[]): Element[][] {
  if (elements.length < 2) return [[...elements]]
  return elements.flatMap((first, index) =>
    permute(elements.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  )
}

/** Returns the elements in an order that depends only on the seed. */
export function shuffle<Element>(elements: readonly Element[], seed: number): Element[] {
  const keyed = elements.map((element, index) => ({ element, key: Bun.hash(`${seed}/${index}`) }))
  return keyed
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ element }) => element)
}

/** Returns the events, each of them one to three times, next to each other. */
export function repeat(events: readonly object[], seed: number): object[] {
  return events.flatMap((event, index) => Array(1 + ((seed + index) % 3)).fill(event))
}
