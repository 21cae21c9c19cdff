import { inArray } from 'drizzle-orm'
import type { Purchases } from '../checkout-port.ts'
import { checkoutUnits } from './checkout-schema.ts'
import type { Engine } from './engine.ts'

export function createPurchases(engine: Engine): Purchases {
  const { db } = engine.committed
  return {
    findByLicenses: async (licenseIds) => {
      const { licenseId, provider, mode, purchaseRef: ref, itemRef, ruleId } = checkoutUnits
      return db
        .select({ licenseId, provider, mode, ref, itemRef, ruleId })
        .from(checkoutUnits)
        .where(inArray(licenseId, [...licenseIds]))
        .all()
    },
    decideDue: async () => 0,
  }
}
