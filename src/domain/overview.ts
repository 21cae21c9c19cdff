import type { OpenCheckoutState } from './checkout-events.ts'
import type { Degradation } from './degradations.ts'
import type { Edge } from './edges.ts'
import { disabledReasonOf, type Endpoint } from './endpoints.ts'
import { DAY_MS, OVERTAKING_MAX_MS, SECOND_MS } from './times.ts'

/** How many days ahead expirations are counted. */
export const expiryWindows = [7, 14, 30] as const

/** A backup that is older should be replaced. */
const BACKUP_AGE_MAX_MS = 7 * DAY_MS

/** An edge that is away for longer needs a person. */
export const EDGE_AWAY_MAX_MS = 10 * 60 * SECOND_MS

/** A count that stops at a limit: if `isComplete` is false, there are at least so many. */
export interface BoundedCount {
  readonly count: number
  readonly isComplete: boolean
}

/** The licenses by their status, and the active ones that expire within some days. */
export interface LicenseCounts {
  readonly total: number
  readonly suspended: number
  readonly expired: number
  readonly revoked: number
  /** In the order of `expiryWindows`. */
  readonly expiring: readonly BoundedCount[]
}

/** The figures that decide what needs attention. Null: the caller may not see them. */
export interface Situation {
  readonly degradations: readonly Degradation[]
  readonly endpoints: readonly Endpoint[] | null
  readonly checkout: Readonly<Record<OpenCheckoutState, number>> | null
  readonly failedMails: number | null
  readonly awayEdges: readonly Pick<Edge, 'id' | 'name'>[] | null
  /** Whether this server makes backups. PostgreSQL has its own. */
  readonly hasBackups: boolean
  readonly lastBackupMs: number | null
  /** Why the backups of the schedule have failed since the last success; null if they have not. */
  readonly backupProblem: string | null
  /** Whether the only known copy of the master secret is the one that the server has generated. */
  readonly isSecretGenerated: boolean
}

/** Something that a person should do, and the path of the API where it is found. */
export interface Concern {
  readonly code: string
  readonly detail: string
  readonly path: string
}

/** Lists what a person should do, the most urgent first. */
export function listConcerns(situation: Situation, nowMs: number): readonly Concern[] {
  return [
    ...situation.degradations.map(({ reason: code, detail }) => ({
      code,
      detail,
      path: '/readyz',
    })),
    ...(situation.endpoints ?? []).filter(isDisabled).map(describeEndpoint),
    ...(situation.endpoints ?? [])
      .filter((endpoint) => isFailing(endpoint) && !isDisabled(endpoint))
      .map(describeEndpoint),
    ...(situation.awayEdges ?? []).map(describeAwayEdge),
    ...describeCheckout(situation.checkout),
    ...describeMails(situation.failedMails),
    ...describeBackupProblem(situation.backupProblem),
    ...(situation.hasBackups ? describeBackup(situation.lastBackupMs, nowMs) : []),
    ...(situation.isSecretGenerated ? [generatedSecret] : []),
  ]
}

/** Whether the last attempt failed, or the server has disabled the endpoint. */
export function isFailing(endpoint: Endpoint): boolean {
  return endpoint.failingSinceMs !== null || isDisabled(endpoint)
}

const isDisabled = (endpoint: Endpoint) => disabledReasonOf(endpoint) !== null

function describeEndpoint(endpoint: Endpoint): Concern {
  const { id, url } = endpoint
  const path = `/api/v1/webhooks/${id}`
  if (!isDisabled(endpoint)) {
    const detail = `Deliveries to ${url} fail. Look at their attempts, and repair the receiver.`
    return { code: 'webhook_failing', detail, path: `${path}/deliveries` }
  }
  const detail = `The server has disabled the endpoint ${url}. Repair the receiver, enable the endpoint, then recover what it has missed.`
  return { code: 'webhook_disabled', detail, path }
}

function describeAwayEdge({ id, name }: Pick<Edge, 'id' | 'name'>): Concern {
  const detail = `The edge ${name} has been away for more than 10 minutes. Check whether it runs and reaches this server, or revoke it.`
  return { code: 'edge_away', detail, path: `/api/v1/edges/${id}` }
}

const checkoutAdvice = {
  unmatched: 'match no rule. Create a rule for them',
  failed: 'could not be processed. Read why, then replay them',
} as const

function describeCheckout(counts: Situation['checkout']): readonly Concern[] {
  if (counts === null) return []
  return (['failed', 'unmatched'] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => ({
      code: `checkout_${state}`,
      detail: `Some checkout events ${checkoutAdvice[state]} (${counts[state]}).`,
      path: `/api/v1/checkout/events?state=${state}`,
    }))
}

function describeMails(failed: number | null): readonly Concern[] {
  if (failed === null || failed === 0) return []
  const detail = `Some mails could not be sent. Read why, then send them again (${failed}).`
  return [{ code: 'mails_failed', detail, path: '/api/v1/mails?state=failed' }]
}

/** A lost or stolen data directory contains both the database and this secret. */
const generatedSecret: Concern = {
  code: 'master_secret_generated',
  detail:
    'The master secret was generated, and lies beside the database as master.secret. No backup can be restored without it. Keep a copy in another place, move the file out of the data directory, set LICET_MASTER_SECRET_FILE to its new path, then restart the server.',
  path: '/api/v1/settings',
}

function describeBackupProblem(problem: string | null): readonly Concern[] {
  if (problem === null) return []
  const detail = `The last scheduled backup failed. Repair its cause, then run the job back-up: ${problem}`
  return [{ code: 'backup_failing', detail, path: '/api/v1/backups/schedule' }]
}

function describeBackup(lastMs: number | null, nowMs: number): readonly Concern[] {
  // A time in the future is from a clock that was ahead, so its age is unknown.
  const isKnown = lastMs !== null && lastMs <= nowMs + OVERTAKING_MAX_MS
  if (isKnown && nowMs - lastMs <= BACKUP_AGE_MAX_MS) return []
  const detail =
    lastMs === null
      ? 'There is no backup. Make one.'
      : 'The last backup is older than a week. Make another one.'
  return [{ code: 'backup_due', detail, path: '/api/v1/backups' }]
}
