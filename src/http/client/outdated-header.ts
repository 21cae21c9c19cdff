import type { Store } from '~/store/port.ts'
import type { AddHeaders } from './native-routes.ts'

const OUTDATED = '110 licet "Response is Stale"'

/** Returns a function that marks responses which may lack the latest changes; null if there are none. */
export function createOutdatedHeader({
  isShared,
  isOutdated,
}: Pick<Store, 'isShared' | 'isOutdated'>): AddHeaders | null {
  if (!isShared) return null
  return (headers) => {
    if (isOutdated()) headers.set('warning', OUTDATED)
  }
}
