import { expect } from 'bun:test'
import { checkoutStates } from '~/domain/checkout-events.ts'
import type { Provider } from '~/domain/purchases.ts'
import type { TestApp } from './app.ts'
import { openShop, type Shop } from './shop.ts'

const AT_ONCE = 8

/** The states of events that have not taken effect. */
const unsettledStates = checkoutStates.filter((state) => state !== 'done' && state !== 'ignored')

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
  /** The events that have not taken effect, of all purchases. */
  readonly waiting: readonly { type: string; state: string; reason: string }[]
}

/** One of the purchases of a shop. */
export interface Purchase {
  /** Returns the event as it is sent for this purchase. */
  mark(event: object): object
  /** Sends events, eight at a time, and processes what has arrived. */
  deliver(...events: readonly object[]): Promise<void>
  outcome(): Promise<Outcome>
}

export interface LifeCycleShop extends AsyncDisposable {
  readonly app: TestApp
  readonly licensesOf: Shop['licensesOf']
  /** Starts another purchase, in whose events the marks are different. */
  begin(): Purchase
  /**
   * Starts a purchase for each of these lists of events. Delivers the first event of each purchase,
   * then the second, and so on, which takes little longer than one purchase.
   */
  beginEach(lists: readonly (readonly object[])[]): Promise<readonly Purchase[]>
  /** Delivers a list of events to each purchase in the same way. */
  deliverEach(purchases: readonly Purchase[], lists: readonly (readonly object[])[]): Promise<void>
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
    const mark = (event: object): object => JSON.parse(distinguish(JSON.stringify(event)))
    return {
      mark,
      async deliver(...events) {
        for (let start = 0; start < events.length; start += AT_ONCE) {
          await shop.deliverAtOnce(events.slice(start, start + AT_ONCE).map(mark))
        }
      },
      outcome: () => readOutcome(shop, distinguish(cycle.email)),
    }
  }

  async function deliverEach(
    purchases: readonly Purchase[],
    lists: readonly (readonly object[])[],
  ): Promise<void> {
    const rounds = Math.max(...lists.map(({ length }) => length))
    for (let round = 0; round < rounds; round += 1) {
      const events = purchases.flatMap(({ mark }, index) => {
        const event = lists[index]?.[round]
        return event === undefined ? [] : mark(event)
      })
      await shop.deliverAtOnce(events)
    }
  }

  async function beginEach(lists: readonly (readonly object[])[]): Promise<readonly Purchase[]> {
    const purchases = lists.map(begin)
    await deliverEach(purchases, lists)
    return purchases
  }

  return { ...shop, begin, beginEach, deliverEach }
}

async function readOutcome({ app, licensesOf }: Shop, email: string): Promise<Outcome> {
  const pages = await Promise.all(
    unsettledStates.map((state) => app.send('GET', `/api/v1/checkout/events?state=${state}`)),
  )
  return {
    licenses: (await licensesOf(email)).map(({ status, plan, expires_at }) => {
      return { status, plan, expires_at }
    }),
    waiting: pages
      .flatMap(({ body }): Outcome['waiting'] => body.data)
      .map(({ type, state, reason }) => ({ type, state, reason })),
  }
}
