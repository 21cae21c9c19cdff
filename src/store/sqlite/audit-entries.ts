import type { AuditEntry, AuditFilter } from '~/domain/audit.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { runAtOnce, runInTurns, type Steps } from '~/turns.ts'
import type { Audit } from '../audit-port.ts'
import { toEntry } from '../shared/audit-rows.ts'
import { cutPage, parsePosition } from '../shared/pages.ts'
import { appendAudit } from './audit.ts'
import { runCommand } from './commands.ts'
import type { Engine, Reading } from './engine.ts'
import { appendEvents } from './events.ts'
import type { audit } from './schema.ts'

/** Rows that are searched in one step, if there is no index for the filter. */
const STEP_ROWS = 2000

type Row = typeof audit.$inferSelect

export function createAudit(engine: Engine): Audit {
  return {
    list: (filter, page) => runInTurns(readEntries(engine.committed, filter, page)),
    record: (action, result, context) =>
      runCommand(engine, context, () => {
        appendAudit(engine, context, action)
        runAtOnce(appendEvents(engine, action.events ?? [], context.nowMs))
        return result
      }),
  }
}

function* readEntries(
  { db: { $client } }: Reading,
  filter: AuditFilter,
  { limit, after }: PageRequest,
): Steps<Page<AuditEntry>> {
  const { conditions, values } = buildConditions(filter)
  const isForward = filter.afterNumber !== undefined
  const [order, end] = isForward ? ['ASC', 'max'] : ['DESC', 'min']
  const limits = $client
    .query<{ max: number; min: number }, []>(
      'SELECT coalesce(max(position), 0) AS max, 1 AS min FROM audit',
    )
    .get() ?? { max: 0, min: 1 }
  const select = $client.query<Row, Record<string, string | number>>(
    `SELECT position, at_ms AS atMs, actor, address, request_id AS requestId, action,
       subject_id AS subjectId, before, after, personal, personal_salt AS personalSalt,
       personal_digest AS personalDigest, hash
     FROM audit WHERE position BETWEEN $low AND $high ${conditions.join('')}
     ORDER BY position ${order} LIMIT $max`,
  )
  const step = filter.subjectId === undefined ? STEP_ROWS : Number.MAX_SAFE_INTEGER
  const start = after === null ? (filter.afterNumber ?? limits.max + 1) : parsePosition(after)
  const rows: Row[] = []
  for (let place = start; rows.length <= limit; ) {
    const [low, high] = isForward
      ? [place + 1, Math.min(place + step, limits.max)]
      : [Math.max(place - step, limits.min), place - 1]
    if (low > high) break
    rows.push(...select.all({ ...values, low, high, max: limit + 1 - rows.length }))
    if (end === 'max' ? high === limits.max : low === limits.min) break
    place = isForward ? high : low
    yield
  }
  return cutPage(rows, limit, ({ position }) => String(position), toEntry)
}

/** The name of an actor may contain anything, so only the parts before it are compared. */
const ACTOR_IS = `AND (actor = $actor OR actor LIKE $kind ESCAPE '\\'
  OR substr(actor, instr(actor, ':') + 1) = $actor
  OR substr(actor, instr(actor, ':') + 1, length($actor) + 1) = $actor || ':')`

function buildConditions({ subjectId, actor, action, fromMs, toMs }: AuditFilter) {
  const values: Record<string, string | number> = {}
  const conditions: string[] = []
  const add = (condition: string, given: Record<string, string | number>) => {
    conditions.push(` ${condition}`)
    Object.assign(values, given)
  }
  if (subjectId !== undefined) add('AND subject_id = $subjectId', { subjectId })
  if (actor !== undefined) {
    add(ACTOR_IS, { actor, kind: `${actor.replaceAll(/[\\%_]/g, '\\$&')}:%` })
  }
  if (action?.endsWith('.*')) {
    add('AND substr(action, 1, length($group)) = $group', { group: action.slice(0, -1) })
  } else if (action !== undefined) add('AND action = $action', { action })
  if (fromMs !== undefined) add('AND at_ms >= $fromMs', { fromMs })
  if (toMs !== undefined) add('AND at_ms <= $toMs', { toMs })
  return { conditions, values }
}
