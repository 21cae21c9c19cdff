import { describeChange } from '~/domain/audit-values.ts'
import type { CheckoutRule } from '~/domain/checkout-rules.ts'
import type { CheckoutRules } from '../checkout-port.ts'
import { ruleTaken, toRule, toRuleRow } from '../shared/checkout-rules.ts'
import { wakeUnmatched } from './checkout-event-rows.ts'
import { checkoutRules } from './checkout-schema.ts'
import { recordAction, runCommand } from './commands.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { readNewest } from './pages.ts'
import { insertRows, selectRow, selectRows, updateRow } from './rows.ts'

export function createCheckoutRules(engine: Engine): CheckoutRules {
  return {
    list: (page) => readNewest(engine, checkoutRules, page, toRule),
    find: (id) => readRule(engine, id),
    create: (rule, context) =>
      runCommand(engine, context, async (tx) => {
        await rejectDuplicate(tx, rule)
        await insertRows(tx, checkoutRules, [toRuleRow(rule)])
        const change = describeChange('checkout_rule', null, rule)
        recordAction(tx, context, 'checkout_rule.create', rule.id, change)
        await wakeUnmatched(tx, context.nowMs)
        return rule
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, async (tx) => {
        const rule = await readRule(tx, id, 'FOR UPDATE')
        if (rule === null) return null
        const next = decide(rule, await isUsed(tx, id))
        if (next === rule) return rule
        if (next === null) {
          await tx.client.unsafe('DELETE FROM checkout_rules WHERE id = $1', [id])
          const change = describeChange('checkout_rule', rule, null)
          recordAction(tx, context, 'checkout_rule.delete', id, change)
          return rule
        }
        const changed = { ...next, version: rule.version + 1, updatedAtMs: context.nowMs }
        await rejectDuplicate(tx, changed)
        await updateRow(tx, checkoutRules, id, toRuleRow(changed))
        const change = describeChange('checkout_rule', rule, changed)
        recordAction(tx, context, 'checkout_rule.update', id, change)
        await wakeUnmatched(tx, context.nowMs)
        return changed
      }),
  }
}

/** Reads all rules: there are few, and most of them are for the same provider. */
export async function readRules(reading: Reading): Promise<readonly CheckoutRule[]> {
  return (await selectRows(reading, checkoutRules, undefined, 'ORDER BY position')).map(toRule)
}

async function readRule(reading: Reading, id: string, lock = ''): Promise<CheckoutRule | null> {
  const row = await selectRow(reading, checkoutRules, undefined, `WHERE id = $1 ${lock}`, [id])
  return row === null ? null : toRule(row)
}

async function isUsed({ client }: Tx, ruleId: string): Promise<boolean> {
  const units = await client.unsafe<unknown[]>(
    `SELECT FROM checkout_units JOIN licenses ON licenses.id = license_id
     WHERE rule_id = $1 AND NOT is_released AND revoked_at_ms IS NULL LIMIT 1`,
    [ruleId],
  )
  return units.length > 0
}

/** Rules are changed one after another, so that two nodes cannot both find none. */
async function rejectDuplicate(
  tx: Tx,
  { id, provider, target, value }: CheckoutRule,
): Promise<void> {
  await tx.client.unsafe('LOCK TABLE checkout_rules IN SHARE ROW EXCLUSIVE MODE')
  const row = await selectRow(
    tx,
    checkoutRules,
    ['id'],
    'WHERE id <> $1 AND target = $2 AND value = $3 AND provider = $4',
    [id, target, value, provider ?? ''],
  )
  if (row !== null) throw ruleTaken(row.id)
}
