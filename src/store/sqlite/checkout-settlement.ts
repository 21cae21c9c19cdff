import type { CheckoutEvents } from '../checkout-port.ts'
import type { Engine } from './engine.ts'

type Tail<Method extends (...args: never[]) => unknown> = Parameters<Method>

export const settle = (_engine: Engine, ..._rest: Tail<CheckoutEvents['settle']>) =>
  Promise.resolve(null)

export const dryRun = (
  _engine: Engine,
  ..._rest: Tail<CheckoutEvents['dryRun']>
): ReturnType<CheckoutEvents['dryRun']> => Promise.reject(new Error('not yet'))
