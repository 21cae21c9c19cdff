import { eq } from 'drizzle-orm'
import { describeChange } from '~/domain/audit-values.ts'
import type { Operator } from '~/domain/operators.ts'
import type { Operators } from '../access-port.ts'
import { readPageByPosition } from '../shared/pages.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { equals, selectNewest } from './parameters.ts'
import { operators, sessions, setupLinks } from './session-schema.ts'

type OperatorRow = typeof operators.$inferSelect

export function prepareOperators(db: Db) {
  const select = () => db.select().from(operators)
  return {
    byId: select().where(equals(operators.id, 'id')).prepare(),
    byName: select().where(equals(operators.name, 'name')).prepare(),
    newest: selectNewest(select().$dynamic(), operators.position).prepare(),
  }
}

export function createOperators(engine: Engine): Operators {
  const { byId, byName, newest } = engine.committed.statements.operators
  return {
    list: async (page) => readPageByPosition(page, (range) => newest.all(range), toOperator),
    find: async (id) => toFound(byId.get({ id })),
    findByName: async (name) => toFound(byName.get({ name })),
    create: (operator, context) =>
      runCommand(engine, context, () => {
        insertOperator(engine, context, operator)
        return operator
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, () => {
        const operator = toFound(engine.statements.operators.byId.get({ id }))
        if (operator === null) return null
        const next = decide(operator)
        if (next !== operator) updateOperator(engine, context, operator, next)
        return next
      }),
  }
}

const toFound = (row: OperatorRow | undefined) => (row === undefined ? null : toOperator(row))

export function toOperator({ position: _order, ...operator }: OperatorRow): Operator {
  return operator
}

export function insertOperator(engine: Engine, origin: Origin, operator: Operator): void {
  engine.db.insert(operators).values(operator).run()
  const change = describeChange('operator', null, operator)
  recordAction(engine, origin, 'operator.create', operator.id, change)
}

function updateOperator(
  engine: Engine,
  origin: Origin,
  former: Operator,
  operator: Operator,
): void {
  const { db } = engine
  const { id, disabledAtMs } = operator
  db.update(operators).set(operator).where(eq(operators.id, id)).run()
  recordAction(engine, origin, 'operator.update', id, describeChange('operator', former, operator))
  if (disabledAtMs !== null) db.delete(sessions).where(eq(sessions.operatorId, id)).run()
  // The creator of a link had all scopes of the operator, but perhaps not the new ones.
  if (disabledAtMs === null && operator.scopes.join() === former.scopes.join()) return
  db.delete(setupLinks).where(eq(setupLinks.operatorId, id)).run()
}
