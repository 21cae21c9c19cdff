import type { AuditFilter } from '~/domain/audit.ts'
import type { Audit } from '../audit-port.ts'
import { toEntry } from '../shared/audit-rows.ts'
import { cutPage, parsePosition } from '../shared/pages.ts'
import { runCommand } from './commands.ts'
import type { Engine } from './engine.ts'
import { appendEvents } from './events.ts'
import { selectRows } from './rows.ts'
import { audit } from './schema.ts'

export function createAudit(engine: Engine): Audit {
  return {
    list: async (filter, { limit, after }) => {
      const { conditions, values, add } = buildConditions(filter)
      const isForward = filter.afterNumber !== undefined
      const start = after === null ? filter.afterNumber : parsePosition(after)
      if (start !== undefined) add((given) => `position ${isForward ? '>' : '<'} ${given}`, start)
      values.push(limit + 1)
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
      const order = `ORDER BY position ${isForward ? 'ASC' : 'DESC'} LIMIT $${values.length}`
      const rows = await selectRows(engine, audit, undefined, `${where} ${order}`, values)
      return cutPage(rows, limit, ({ position }) => String(position), toEntry)
    },
    record: (action, result, context) =>
      runCommand(engine, context, async (tx) => {
        tx.audit.push({ origin: context, action })
        await appendEvents(tx, action.events ?? [], context.nowMs)
        return result
      }),
  }
}

function buildConditions({ subjectId, actor, action, fromMs, toMs }: AuditFilter) {
  const values: (string | number)[] = []
  const conditions: string[] = []
  const add = (build: (given: string) => string, value: string | number) => {
    values.push(value)
    conditions.push(build(`$${values.length}`))
  }
  if (subjectId !== undefined) add((given) => `subject_id = ${given}`, subjectId)
  if (actor !== undefined) add(buildActorCondition, actor)
  if (action?.endsWith('.*')) add((given) => `starts_with(action, ${given})`, action.slice(0, -1))
  else if (action !== undefined) add((given) => `action = ${given}`, action)
  if (fromMs !== undefined) add((given) => `at_ms >= ${given}`, fromMs)
  if (toMs !== undefined) add((given) => `at_ms <= ${given}`, toMs)
  return { conditions, values, add }
}

/** The name of an actor may contain anything, so only the parts before it are compared. */
function buildActorCondition(given: string): string {
  const afterKind = "substr(actor, strpos(actor, ':') + 1)"
  return `(actor = ${given} OR starts_with(actor, ${given} || ':') OR ${afterKind} = ${given}
    OR starts_with(${afterKind}, ${given} || ':'))`
}
