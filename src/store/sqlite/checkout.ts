import type { Checkout } from '../checkout-port.ts'
import { createCheckoutEvents } from './checkout-events.ts'
import { createPurchases } from './checkout-purchases.ts'
import { createCheckoutRules } from './checkout-rules.ts'
import { createCheckoutSessions } from './checkout-sessions.ts'
import type { Engine } from './engine.ts'
import type { createReport } from './errors.ts'

export function createCheckout(engine: Engine, report: ReturnType<typeof createReport>): Checkout {
  return {
    events: report(createCheckoutEvents(engine)),
    purchases: report(createPurchases(engine)),
    rules: report(createCheckoutRules(engine)),
    sessions: report(createCheckoutSessions(engine)),
  }
}
