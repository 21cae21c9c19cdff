import { timingSafeEqual } from 'node:crypto'
import { Elysia } from 'elysia'
import { Fault } from '~/domain/faults.ts'
import type { EdgeMetrics } from '~/platform/edge-metrics.ts'
import { unanswered } from './forward.ts'
import type { Lease } from './lease.ts'
import type { Primary } from './primary.ts'

interface OperationsParts {
  readonly lease: Pick<Lease, 'isRunning' | 'getAgeMs'>
  readonly primary: Pick<Primary, 'getOutage'>
  readonly staleMs: number
  readonly token: string
  readonly metrics: Pick<EdgeMetrics, 'registry'>
}

/** For load balancers and Prometheus. An edge is ready once the primary has responded. */
export const operationsRoutes = ({ lease, primary, staleMs, token, metrics }: OperationsParts) =>
  new Elysia()
    .get('/livez', () => ({ status: 'ok' }))
    .get('/readyz', () => {
      if (lease.isRunning()) return { status: 'ok' }
      const ageMs = lease.getAgeMs()
      if (ageMs !== null && ageMs < staleMs) return { status: 'stale' }
      throw unanswered(primary.getOutage() ?? 'unreachable')
    })
    .get('/metrics', ({ request, set }) => {
      if (!isEqualText(request.headers.get('authorization') ?? '', `Bearer ${token}`)) {
        throw new Fault('unauthorized', 'Send LICET_EDGE_TOKEN: Authorization: Bearer <token>.')
      }
      set.headers['content-type'] = metrics.registry.contentType
      return metrics.registry.metrics()
    })

/** Compares secrets in a time that does not depend on where they differ. */
function isEqualText(text: string, expected: string): boolean {
  const [bytes, expectedBytes] = [Buffer.from(text), Buffer.from(expected)]
  return bytes.length === expectedBytes.length && timingSafeEqual(bytes, expectedBytes)
}
