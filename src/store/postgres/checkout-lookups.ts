import type {
  OfferedPlan,
  PurchaseDecision,
  PurchaseSnapshot,
} from '~/domain/purchase-decisions.ts'
import type { DecidePurchase } from '../checkout-port.ts'
import type { Tx } from './engine.ts'
import { readPlan } from './plans.ts'
import { readProduct } from './products.ts'
import { selectRow } from './rows.ts'
import { licenses } from './schema.ts'

/** Looks up one kind of thing in memory, and remembers what it has not found there. */
function createLookup<Value>(unread: Value) {
  const known = new Map<string, Value>()
  const missing = new Set<string>()
  return {
    find(name: string): Value {
      if (!known.has(name)) missing.add(name)
      return known.get(name) ?? unread
    },
    /** Reads what was missing. Returns whether there was anything. */
    async readMissing(read: (name: string) => Promise<Value>): Promise<boolean> {
      const names = [...missing]
      missing.clear()
      for (const name of names) known.set(name, await read(name))
      return names.length > 0
    },
  }
}

/**
 * Decides about a purchase. A decision cannot wait for what it looks up, but it has no effects: as long
 * as it misses a plan or a key, these are read, and it is made again.
 */
export async function decideWithLookups(
  tx: Tx,
  decide: DecidePurchase,
  snapshot: Omit<PurchaseSnapshot, 'findPlan' | 'isKeyTaken'>,
): Promise<PurchaseDecision> {
  const plans = createLookup<OfferedPlan | null>(null)
  const keys = createLookup(false)
  for (;;) {
    const decided = attempt(() =>
      decide({ ...snapshot, findPlan: plans.find, isKeyTaken: keys.find }),
    )
    const hasMissed = [
      await plans.readMissing((slug) => readOffer(tx, slug)),
      await keys.readMissing((keyHash) => isKeyTaken(tx, keyHash)),
    ]
    if (!hasMissed.includes(true)) return decided()
  }
}

/** Returns the result later, or throws the error then: it may come from what is missing. */
function attempt<Result>(work: () => Result): () => Result {
  try {
    const result = work()
    return () => result
  } catch (error) {
    return () => {
      throw error
    }
  }
}

async function readOffer(tx: Tx, slug: string): Promise<OfferedPlan | null> {
  // A plan that is being archived or deleted is not used any more.
  const plan = await readPlan(tx, slug, 'FOR SHARE')
  const product = plan && (await readProduct(tx, plan.productSlug))
  return plan && product && { plan, keyPrefix: product.keyPrefix }
}

async function isKeyTaken(tx: Tx, keyHash: string): Promise<boolean> {
  return (await selectRow(tx, licenses, ['id'], 'WHERE key_hash = $1', [keyHash])) !== null
}
