import type { Provider } from '~/domain/purchases.ts'
import { isBlank } from '~/domain/text.ts'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const STANDARD_LENGTH_MIN = 16
const STANDARD_LENGTH_MAX = 255

/** Returns whether a text has the format of the unguessable IDs that a provider gives to thank-you pages. */
const formats: Readonly<Record<Provider, (id: string) => boolean>> = {
  stripe: (id) => /^cs_\w{8,252}$/.test(id),
  paddle: (id) => /^txn_[0-9a-z]{20,40}$/.test(id),
  lemonsqueezy: (id) => UUID.test(id),
  polar: (id) => UUID.test(id) || /^polar_c_\w{16,240}$/.test(id),
  // Digits alone are most likely an order number, which anyone can guess.
  standard: (id) =>
    id.length >= STANDARD_LENGTH_MIN &&
    id.length <= STANDARD_LENGTH_MAX &&
    !/^\d+$/.test(id) &&
    !isBlank(id),
}

/** The name of such an ID where the provider documents it, for error messages. */
export const sessionIdNames: Readonly<Record<Provider, string>> = {
  stripe:
    'the ID of the checkout session (cs_…), which is {CHECKOUT_SESSION_ID} in the success URL',
  paddle: 'the ID of the transaction (txn_…)',
  lemonsqueezy:
    'the identifier of the order, which is [order_identifier] in the link, and not its number',
  polar: 'the ID of the checkout, which is {CHECKOUT_ID} in the success URL',
  standard: `the session_id of the event, which has at least ${STANDARD_LENGTH_MIN} characters, not only digits`,
}

export function isSessionId(provider: Provider, id: string): boolean {
  return formats[provider](id)
}
