import type { Deps } from '~/deps.ts'
import type { Outcome, Translated } from '~/domain/checkout-events.ts'
import { Fault } from '~/domain/faults.ts'
import { importKey } from '~/domain/license-keys.ts'
import {
  type Provider,
  type PurchaseFact,
  type PurchaseItem,
  QUANTITY_MAX,
  type StoredFact,
} from '~/domain/purchases.ts'
import { cutText } from '~/domain/text.ts'
import type { News, PurchaseNews } from './providers/provider.ts'
import { translators } from './providers/registry.ts'
import { parseRawBody, type RawEvent } from './raw-events.ts'

/** Neither a slug nor the text that a rule looks for is longer. */
const PLAN_LENGTH_MAX = 255

export type InterpretDeps = Pick<Deps, 'config' | 'vault' | 'checkoutApis'>

/** An event in the form in which it is stored. */
export interface Interpreted extends Translated {
  readonly outcome: Outcome
  /** Why no rule may match, if the event lacks what rules look for. */
  readonly unmatchedReason: string | null
}

/** Translates a raw event. Throws a Fault for a body that is not an event of the provider. */
export async function interpretEvent(
  deps: InterpretDeps,
  source: { readonly provider: Provider; readonly endpointLabel: string | null },
  { body, headers }: RawEvent,
): Promise<Interpreted> {
  const { provider, endpointLabel: endpoint } = source
  const event = parseRawBody(body)
  if (event === null) throw new Fault('validation_failed', 'The body is not a JSON object.')
  const options = { headers, endpoint, fetchFromApi: deps.checkoutApis[provider] ?? null }
  const { news, ...translated } = await translators[provider](event, options)
  const isSetAside = translated.mode === 'test' && deps.config.checkoutTest === 'ignore'
  const outcome =
    isSetAside && news.kind !== 'ignored' ? setAsideTest : toOutcome(deps, news, translated)
  const unmatchedReason = news.kind === 'purchase' ? (news.unmatchedReason ?? null) : null
  return { ...translated, outcome, unmatchedReason }
}

const setAsideTest: Outcome = {
  kind: 'set_aside',
  state: 'test',
  reason:
    'This is an event of test mode. Set LICET_CHECKOUT_TEST=accept and replay it to create licenses that are marked as such.',
}

function toOutcome(
  deps: InterpretDeps,
  news: News,
  { occurredAtMs }: Pick<Translated, 'occurredAtMs'>,
): Outcome {
  if (news.kind === 'ignored') return { kind: 'set_aside', state: 'ignored', reason: news.reason }
  if (news.kind === 'purchase') return toPurchase(deps, news, occurredAtMs)
  return news
}

function toPurchase(
  { vault }: InterpretDeps,
  { ref, facts, links, customerRef, sessionIds }: PurchaseNews,
  atMs: number,
): Outcome {
  const stored = facts.flatMap((fact) => toStoredFact(vault, fact) ?? [])
  const customer =
    customerRef === null ? [] : [{ type: 'customer_ref', atMs, customerRef } as const]
  const sessionHashes = sessionIds.map(vault.hashSession)
  return { kind: 'purchase', ref, facts: [...stored, ...customer], links, sessionHashes }
}

/** Returns null for a key that cannot be imported. */
function toStoredFact(vault: InterpretDeps['vault'], fact: PurchaseFact): StoredFact | null {
  if (fact.type === 'items') return { ...fact, items: fact.items.map(limitItem) }
  if (fact.type === 'origin') return { ...fact, plan: limitPlan(fact.plan) }
  if (fact.type !== 'key') return fact
  try {
    return { ...fact, key: importKey({ vault }, fact.key) }
  } catch (error) {
    if (error instanceof Fault) return null
    throw error
  }
}

const limitItem = (item: PurchaseItem): PurchaseItem => ({
  ...item,
  plan: limitPlan(item.plan),
  quantity: Math.min(item.quantity, QUANTITY_MAX),
})

/** Cuts the name of a plan that cannot exist, because the reason of an event shows it. */
const limitPlan = (plan: string | null) => plan && cutText(plan, PLAN_LENGTH_MAX)
