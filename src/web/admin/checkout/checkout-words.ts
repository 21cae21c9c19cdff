import type { RuleTarget } from '~/domain/checkout-rules.ts'
import type { CheckoutEvent } from '~/wire/checkout-events.ts'
import type { CheckoutRule } from '~/wire/checkout-rules.ts'

export type Provider = CheckoutEvent['provider']
export type State = CheckoutEvent['state']

export const providerNames: Readonly<Record<Provider, string>> = {
  stripe: 'Stripe',
  paddle: 'Paddle',
  lemonsqueezy: 'Lemon Squeezy',
  polar: 'Polar',
  standard: 'Other shop',
}

export const stateNames: Readonly<Record<State, string>> = {
  unmatched: 'Unmatched',
  failed: 'Failed',
  waiting_for_customer: 'Waiting for customer',
  waiting_for_purchase: 'Waiting for purchase',
  received: 'Processing',
  done: 'Done',
  ignored: 'Ignored',
  test: 'Test mode',
}

export const targetNames: Readonly<Record<RuleTarget, string>> = {
  price: 'Price',
  payment_link: 'Payment link',
  product: 'Product',
  metadata_plan: 'Plan in metadata',
}

type Targets = Pick<CheckoutRule, RuleTarget>

/** Returns what rules can match of an item, or what a rule matches, the most specific first. */
export function listTargets(from: Targets): readonly (readonly [RuleTarget, string])[] {
  const targets = ['price', 'payment_link', 'product', 'metadata_plan'] as const
  return targets.flatMap((target) => {
    const value = from[target]
    return value === null ? [] : [[target, value] as const]
  })
}
