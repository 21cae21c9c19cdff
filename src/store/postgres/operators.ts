import { describeChange } from '~/domain/audit-values.ts'
import type { Operator } from '~/domain/operators.ts'
import type { Operators } from '../access-port.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { readNewest } from './pages.ts'
import { insertRows, selectRow, updateRow } from './rows.ts'
import { operators } from './session-schema.ts'

type OperatorRow = typeof operators.$inferSelect

export function createOperators(engine: Engine): Operators {
  return {
    list: (page) => readNewest(engine, operators, page, toOperator),
    find: (id) => readOperator(engine, 'id', id),
    findByName: (name) => readOperator(engine, 'name', name),
    create: (operator, context) =>
      runCommand(engine, context, async (tx) => {
        await insertOperator(tx, context, operator)
        return operator
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, async (tx) => {
        const operator = await readOperator(tx, 'id', id, 'FOR NO KEY UPDATE')
        if (operator === null) return null
        const next = decide(operator)
        if (next !== operator) await updateOperator(tx, context, operator, next)
        return next
      }),
  }
}

export function toOperator({ position: _order, ...operator }: OperatorRow): Operator {
  return operator
}

/** Reads an operator. A `lock` such as `FOR SHARE` keeps it as it is until the transaction ends. */
export async function readOperator(
  reading: Reading,
  column: 'id' | 'name',
  value: string,
  lock = '',
): Promise<Operator | null> {
  const condition = `WHERE ${column} = $1 ${lock}`
  const row = await selectRow(reading, operators, undefined, condition, [value])
  return row === null ? null : toOperator(row)
}

export async function insertOperator(tx: Tx, origin: Origin, operator: Operator): Promise<void> {
  await insertRows(tx, operators, [operator])
  const change = describeChange('operator', null, operator)
  recordAction(tx, origin, 'operator.create', operator.id, change)
}

async function updateOperator(
  tx: Tx,
  origin: Origin,
  former: Operator,
  operator: Operator,
): Promise<void> {
  const { id, disabledAtMs } = operator
  await updateRow(tx, operators, id, operator)
  recordAction(tx, origin, 'operator.update', id, describeChange('operator', former, operator))
  const { client } = tx
  if (disabledAtMs !== null) {
    await client.unsafe('DELETE FROM sessions WHERE operator_id = $1', [id])
  }
  // The creator of a link had all scopes of the operator, but perhaps not the new ones.
  if (disabledAtMs === null && operator.scopes.join() === former.scopes.join()) return
  await client.unsafe('DELETE FROM setup_links WHERE operator_id = $1', [id])
}
