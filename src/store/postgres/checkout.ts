import type { Checkout } from '../checkout-port.ts'
import { createCheckoutEvents } from './checkout-events.ts'
import { createPurchases } from './checkout-purchases.ts'
import { createCheckoutRules } from './checkout-rules.ts'
import { createCheckoutSessions } from './checkout-sessions.ts'
import type { Engine } from './engine.ts'

export function createCheckout(
  engine: Engine,
  report: <Noun extends object>(noun: Noun) => Noun,
): Checkout {
  return {
    events: report(createCheckoutEvents(engine)),
    purchases: report(createPurchases(engine)),
    rules: report(createCheckoutRules(engine)),
    sessions: report(createCheckoutSessions(engine)),
  }
}
