import { providers } from '~/domain/purchases.ts'
import { Type } from './type.ts'

export const ProviderName = Type.Literals(providers, {
  title: 'CheckoutProvider',
  description: `One of ${providers.join(', ')}. The last is any other shop that signs with Standard Webhooks.`,
})

export const CheckoutMode = Type.Literals(['live', 'test'], {
  title: 'CheckoutMode',
  description: 'Purchases of test mode never meet those of live mode.',
})
