import type { Deps } from '~/deps.ts'
import { hasScope } from '~/domain/api-keys.ts'
import { Fault } from '~/domain/faults.ts'
import { EDGE_AWAY_MAX_MS, isFailing, listConcerns } from '~/domain/overview.ts'
import { toTimestamp } from '~/domain/times.ts'
import { getBucketStart, summarizeCounts, toBucketRange } from '~/domain/usage.ts'
import { isSecretGenerated } from '~/domain/variables.ts'
import { presentOptionalTime } from '~/wire/fields.ts'
import { Overview, presentConcern, presentLicenseCounts } from '~/wire/overview.ts'
import { answers } from '../answers.ts'
import type { EdgeBoard } from '../edge/board.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

/** More endpoints than anyone has; beyond it, failing ones are not counted. */
const ENDPOINTS_MAX = 1000

type OverviewDeps = Pick<Deps, 'store' | 'usage' | 'backups' | 'findLastBackup' | 'variables'>

export const overviewRoutes = (deps: OverviewDeps, routes: ScopedRoutes, board: EdgeBoard) =>
  routes('/overview', 'Operations').get(
    '',
    async ({ command: { caller, nowMs } }) => {
      const { store, usage } = deps
      const canRead = (scope: string) => hasScope(caller, scope)
      const endpoints = canRead('webhooks:read') ? await listEndpoints(store) : null
      const checkout = canRead('checkout:read') ? await store.checkout.events.measure() : null
      const failedMails = canRead('checkout:read') ? await store.overview.countFailedMails() : null
      const lastBackupMs = deps.findLastBackup()
      const degradations = [...store.listDegradations(), ...usage.listDegradations()]
      const situation = {
        degradations,
        endpoints,
        checkout,
        failedMails,
        awayEdges: canRead('edges:read') ? await listAwayEdges(board, nowMs) : null,
        hasBackups: !store.isShared,
        lastBackupMs,
        backupProblem: canRead('backups:read') ? findBackupProblem(deps, nowMs) : null,
        isSecretGenerated: canRead('settings:read') && isSecretGenerated(deps.variables),
      }
      return {
        licenses: presentLicenseCounts(await store.overview.countLicenses(nowMs)),
        today: canRead('usage:read') ? await countToday(deps, nowMs) : null,
        webhooks: endpoints && {
          failing: endpoints.filter(isFailing).length,
          pending: (await store.outbox.measure()).pending,
        },
        checkout,
        mails:
          failedMails === null
            ? null
            : { pending: await store.mails.countPending(), failed: failedMails },
        last_backup_at: presentOptionalTime(lastBackupMs),
        needs_you: listConcerns(situation, nowMs).map(presentConcern),
      }
    },
    {
      scope: 'licenses:read',
      operationId: 'getOverview',
      ...answers(Overview),
      summary: 'Get the state of the business and the server at a glance',
      description:
        'Parts for which the API key lacks the scope are null. Counts of licenses by status are exact.',
    },
  )

function findBackupProblem({ store, backups }: OverviewDeps, nowMs: number): string | null {
  if (store.isShared) return null
  const { cron, problem } = backups.scheduled.describe(nowMs)
  return cron === null ? null : problem
}

async function listAwayEdges(board: EdgeBoard, nowMs: number) {
  const states = await board.listStates()
  return states.filter(
    ({ isConnected, lastPolledAtMs }) =>
      !isConnected && lastPolledAtMs !== null && nowMs - lastPolledAtMs > EDGE_AWAY_MAX_MS,
  )
}

async function listEndpoints({ endpoints }: Pick<Deps['store'], 'endpoints'>) {
  const { data } = await endpoints.list({ limit: ENDPOINTS_MAX, after: null })
  return data
}

/** Returns null while the usage file cannot be read, so that the other figures are still shown. */
async function countToday({ usage }: Pick<Deps, 'usage'>, nowMs: number) {
  const range = toBucketRange('day', { fromMs: nowMs, toMs: nowMs + 1 }, nowMs)
  const since = toTimestamp(getBucketStart(range.first, 'day'))
  try {
    const { valid, refused, byError } = summarizeCounts(await usage.listCounts(null, range))
    return { since, valid, refused, by_error: byError }
  } catch (error) {
    if (error instanceof Fault && error.kind === 'unavailable') return null
    throw error
  }
}
