import type { LicetProcess } from './servers.ts'

const INTERVAL_MS = 20

/** Creates 50 licenses per second, one commit each, until the returned function is called. */
export function createLicensesSteadily(licet: LicetProcess): () => Promise<void> {
  const body = { plan: 'professional', customer_email: 'buyer@customer.com' }
  const writes: Promise<unknown>[] = []
  const timer = setInterval(() => writes.push(licet.post('/api/v1/licenses', body)), INTERVAL_MS)
  return async () => {
    clearInterval(timer)
    await Promise.all(writes)
  }
}
