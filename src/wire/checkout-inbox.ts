import { StandardEvent } from './checkout-standard.ts'
import { Type } from './type.ts'

export const ReceiveEventQuery = Type.Query({
  endpoint: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_.-]{1,64}$',
      description: 'A label of your choice: 1–64 letters, digits, dots, hyphens and underscores.',
    }),
  ),
})

/** The signature covers the bytes. Providers send their own events; the published schema is ours. */
export const SignedBody = Type.PublishAs(Type.Uint8Array(), StandardEvent)

export const CheckoutReceipt = Type.Response(
  'CheckoutReceipt',
  'The event is stored, now or earlier.',
  {},
  {},
)
