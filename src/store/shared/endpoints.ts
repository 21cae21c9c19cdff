import { type AuditChange, describeChange } from '~/domain/audit-values.ts'
import { type Endpoint, matchesPattern } from '~/domain/endpoints.ts'

/** Returns the values of a change of an endpoint, for the audit. */
export function describeEndpoints(
  before: Endpoint | null,
  after: Endpoint | null,
): AuditChange | null {
  const isReplaced = before && after && before.secretSealed !== after.secretSealed
  return describeChange(
    'endpoint',
    before && maskEndpoint(before, isReplaced ? 'former' : null),
    after && maskEndpoint(after, isReplaced ? 'new' : null),
  )
}

/** A URL may contain a password or token anywhere but in its origin. */
function maskEndpoint(endpoint: Endpoint, secret: 'former' | 'new' | null) {
  return { ...endpoint, url: `${new URL(endpoint.url).origin}/…`, secret }
}

/** Whether an endpoint should have got an event. Tests are sent to one only, so the others missed none. */
export function isMissed({ events: patterns }: Endpoint, type: string): boolean {
  return type !== 'webhook.test' && matchesPattern(patterns, type)
}
