import type { CheckoutSessions } from '../checkout-port.ts'
import type { Engine } from './engine.ts'

export function createCheckoutSessions(_engine: Engine): CheckoutSessions {
  return { read: async () => ({ state: 'pending' }) }
}
