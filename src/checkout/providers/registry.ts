import type { Provider } from '~/domain/purchases.ts'
import { translateLemonsqueezy } from './lemonsqueezy.ts'
import { translatePaddle } from './paddle.ts'
import { translatePolar } from './polar.ts'
import type { Translate } from './provider.ts'
import { translateStandard } from './standard.ts'
import { translateStripe } from './stripe.ts'

/** Holds the place of a provider that is not understood yet. */
const translateNothing: Translate = async () => {
  throw new Error('This provider is not supported yet.')
}

export const translators: Readonly<Record<Provider, Translate>> = {
  stripe: translateStripe,
  paddle: translatePaddle,
  lemonsqueezy: translateLemonsqueezy,
  polar: translatePolar,
  standard: translateStandard,
}
