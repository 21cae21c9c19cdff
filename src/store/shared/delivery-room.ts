import type { Endpoint } from '~/domain/endpoints.ts'
import type { DeliveryClaim } from '../outbox-port.ts'

export interface EndpointWithRoom {
  readonly endpoint: Endpoint
  /** How many of its attempts are under way. */
  readonly busyness: number
  /** How many more may begin. */
  readonly room: number
}

/** Returns the least busy endpoints first, so that a long queue for one does not delay another. */
export function listWithRoom(
  endpoints: readonly Endpoint[],
  underWay: ReadonlyMap<string, number>,
  { perEndpointMax, failingMax }: Pick<DeliveryClaim, 'perEndpointMax' | 'failingMax'>,
): readonly EndpointWithRoom[] {
  return endpoints
    .map((endpoint) => {
      const busyness = underWay.get(endpoint.id) ?? 0
      // A failing endpoint may well hang, so it gets one attempt at a time.
      const max = endpoint.failingSinceMs === null ? perEndpointMax : Math.min(1, failingMax)
      return { endpoint, busyness, room: max - busyness }
    })
    .filter(({ room }) => room > 0)
    .sort((one, other) => one.busyness - other.busyness)
}
