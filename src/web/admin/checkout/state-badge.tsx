import type { CheckoutEvent } from '~/wire/checkout-events.ts'
import { Badge, type Tone } from '../../shared/states.tsx'
import { type State, stateNames } from './checkout-words.ts'

const tones: Readonly<Record<State, Tone>> = {
  unmatched: 'warn',
  failed: 'bad',
  waiting_for_customer: 'warn',
  waiting_for_purchase: 'warn',
  received: 'neutral',
  done: 'good',
  ignored: 'neutral',
  test: 'neutral',
}

export function StateBadge({ state }: Pick<CheckoutEvent, 'state'>) {
  return <Badge tone={tones[state]}>{stateNames[state]}</Badge>
}
