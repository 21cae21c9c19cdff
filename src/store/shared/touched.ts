import type { ActivationKey } from '~/domain/activations.ts'

export type Touched = ReturnType<typeof createTouched>

/** Returns an empty commit, to which the changes of a transaction are added. */
export function createTouched() {
  return {
    licenseIds: new Set<string>(),
    activations: [] as ActivationKey[],
    touchesPlans: false,
    touchesApiKeys: false,
    touchesEdges: false,
    touchesOutbox: false,
    touchesCheckout: false,
    touchesMails: false,
    touchesSigningKeys: false,
    touchesRevocations: false,
    /** Deliveries of its events, for the limit per transaction. */
    deliveries: 0,
  }
}

/** Returns a function that forgets what was noted since, because it was undone. */
export function markTouched(touched: Touched): () => void {
  const { licenseIds, activations, ...rest } = touched
  const [ids, keys] = [licenseIds.size, activations.length]
  return () => {
    for (const id of [...licenseIds].slice(ids)) licenseIds.delete(id)
    activations.length = keys
    Object.assign(touched, rest)
  }
}

/** Notes what an action has changed, for caches. */
export function touch(touched: Touched, action: string, subjectId: string): void {
  const [noun] = action.split('.')
  if (noun === 'product' || noun === 'plan') touched.touchesPlans = true
  if (noun === 'api_key') touched.touchesApiKeys = true
  if (noun === 'edge') touched.touchesEdges = true
  // After an attempt, the next one is due later.
  if (noun === 'endpoint' || (noun === 'delivery' && action !== 'delivery.attempt')) {
    touched.touchesOutbox = true
  }
  if (noun === 'checkout_event' || noun === 'checkout_rule') touched.touchesCheckout = true
  if (noun === 'mail' && action !== 'mail.attempt') touched.touchesMails = true
  if (noun === 'signing_key') touched.touchesSigningKeys = true
  if (noun === 'license' || noun === 'activation') touched.licenseIds.add(subjectId)
}
