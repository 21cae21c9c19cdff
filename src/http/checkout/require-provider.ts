import { Fault } from '~/domain/faults.ts'
import { type Provider, providers } from '~/domain/purchases.ts'
import type { CheckoutSecrets } from '~/platform/config.ts'

/** Returns the provider in a path. Throws `not_found` for one without a signing secret. */
export function requireProvider(name: string, { signing }: CheckoutSecrets): Provider {
  const provider = providers.find((known) => known === name)
  if (provider !== undefined && signing[provider].length > 0) return provider
  const detail =
    provider === undefined
      ? `There is no such provider. Use one of ${providers.join(', ')}.`
      : `This provider is not connected. Set LICET_${provider.toUpperCase()}_SECRETS, then restart Licet.`
  throw new Fault('not_found', detail)
}
