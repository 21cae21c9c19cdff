import { expect } from 'bun:test'
import type { Provider } from '~/domain/purchases.ts'
import type { TestApp } from './app.ts'
import { openShop, type Shop } from './shop.ts'

const AT_ONCE = 8

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

/** One of the purchases of a shop. */
export interface Purchase {
  /** Sends events, eight at a time, and processes what has arrived. */
  deliver(...events: readonly object[]): Promise<void>
  outcome(): Promise<Outcome>
}

export interface LifeCycleShop extends AsyncDisposable {
  readonly app: TestApp
  readonly licensesOf: Shop['licensesOf']
  /** Starts another purchase, in whose events the marks are different. */
  begin(): Purchase
}

/** Opens a shop, with a server of its own that has the rules. */
export async function openLifeCycle(
  cycle: Pick<LifeCycle, 'provider' | 'rules' | 'marks' | 'email'>,
): Promise<LifeCycleShop> {
  const shop = await openShop(cycle.provider)
  for (const rule of cycle.rules) {
    const { status } = await shop.app.send('POST', '/api/v1/checkout/rules', rule)
    expect(status).toBe(201)
  }
  let purchases = 100

  function begin(): Purchase {
    purchases += 1
    const suffix = String(purchases)
    const distinguish = (text: string) =>
      cycle.marks.reduce((all, mark) => all.replaceAll(mark, `${mark}${suffix}`), text)
    return {
      async deliver(...events) {
        const distinct = events.map((event) => JSON.parse(distinguish(JSON.stringify(event))))
        for (let start = 0; start < distinct.length; start += AT_ONCE) {
          await shop.deliverAtOnce(distinct.slice(start, start + AT_ONCE))
        }
      },
      outcome: () => readOutcome(shop, distinguish(cycle.email)),
    }
  }

  return { ...shop, begin }
}

async function readOutcome({ app, licensesOf }: Shop, email: string): Promise<Outcome> {
  const events = await app.send('GET', '/api/v1/checkout/events?limit=100')
  return {
    licenses: (await licensesOf(email)).map(({ status, plan, expires_at }) => {
      return { status, plan, expires_at }
    }),
    waiting: events.body.data
      .map(({ type, state, reason }: Outcome['waiting'][number]) => ({ type, state, reason }))
      .filter(({ state }: { state: string }) => !['done', 'ignored'].includes(state)),
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
