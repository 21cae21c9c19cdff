import type { Provider } from '~/domain/purchases.ts'
import { translateLemonsqueezy } from './lemonsqueezy.ts'
import { translatePaddle } from './paddle.ts'
import { translatePolar } from './polar.ts'
import type { Translate } from './provider.ts'
import { translateStandard } from './standard.ts'
import { translateStripe } from './stripe.ts'

export const translators: Readonly<Record<Provider, Translate>> = {
  stripe: translateStripe,
  paddle: translatePaddle,
  lemonsqueezy: translateLemonsqueezy,
  polar: translatePolar,
  standard: translateStandard,
}
