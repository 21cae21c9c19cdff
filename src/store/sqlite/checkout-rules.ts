import { and, eq, isNull, ne } from 'drizzle-orm'
import { describeChange } from '~/domain/audit-values.ts'
import type { CheckoutRule } from '~/domain/checkout-rules.ts'
import type { CheckoutRules } from '../checkout-port.ts'
import { ruleTaken, toRule, toRuleRow } from '../shared/checkout-rules.ts'
import { readPageByPosition } from '../shared/pages.ts'
import { wakeUnmatched } from './checkout-event-rows.ts'
import { checkoutRules, checkoutUnits } from './checkout-schema.ts'
import { recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { selectNewest } from './parameters.ts'
import { licenses } from './schema.ts'

export function createCheckoutRules(engine: Engine): CheckoutRules {
  const { committed } = engine
  const newest = selectNewest(
    committed.db.select().from(checkoutRules).$dynamic(),
    checkoutRules.position,
  ).prepare()
  return {
    list: async (page) => readPageByPosition(page, (range) => newest.all(range), toRule),
    find: async (id) => readRule(committed, id),
    create: (rule, context) =>
      runCommand(engine, context, () => {
        rejectDuplicate(engine, rule)
        engine.db.insert(checkoutRules).values(toRuleRow(rule)).run()
        const change = describeChange('checkout_rule', null, rule)
        recordAction(engine, context, 'checkout_rule.create', rule.id, change)
        wakeUnmatched(engine, context.nowMs)
        return rule
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, () => {
        const rule = readRule(engine, id)
        if (rule === null) return null
        const next = decide(rule, isUsed(engine, id))
        if (next === rule) return rule
        const isRule = eq(checkoutRules.id, id)
        if (next === null) {
          engine.db.delete(checkoutRules).where(isRule).run()
          const change = describeChange('checkout_rule', rule, null)
          recordAction(engine, context, 'checkout_rule.delete', id, change)
          return rule
        }
        const changed = { ...next, version: rule.version + 1, updatedAtMs: context.nowMs }
        rejectDuplicate(engine, changed)
        engine.db.update(checkoutRules).set(toRuleRow(changed)).where(isRule).run()
        const change = describeChange('checkout_rule', rule, changed)
        recordAction(engine, context, 'checkout_rule.update', id, change)
        wakeUnmatched(engine, context.nowMs)
        return changed
      }),
  }
}

/** Reads all rules: there are few, and most of them are for the same provider. */
export function readRules({ statements }: Reading): readonly CheckoutRule[] {
  return statements.checkoutRules.all()
}

export function prepareRules({ $client }: Db) {
  const all = $client.query<{ rows: string }, []>(
    `SELECT json_group_array(json_object('position', position, 'id', id, 'version', version,
       'provider', provider, 'target', target, 'value', value, 'planSlug', plan_slug,
       'terms', json(terms), 'createdAtMs', created_at_ms, 'updatedAtMs', updated_at_ms)) AS rows
     FROM (SELECT * FROM checkout_rules ORDER BY position)`,
  )
  let known = { rows: '[]', rules: [] as readonly CheckoutRule[] }
  return {
    /** Parses the rules only after one has changed. */
    all: () => {
      const rows = all.get()?.rows ?? '[]'
      if (rows !== known.rows) known = { rows, rules: (JSON.parse(rows) as Row[]).map(toRule) }
      return known.rules
    },
  }
}

function readRule({ db }: Reading, id: string): CheckoutRule | null {
  const row = db.select().from(checkoutRules).where(eq(checkoutRules.id, id)).get()
  return row === undefined ? null : toRule(row)
}

function isUsed({ db }: Reading, ruleId: string): boolean {
  const isOfRule = and(
    eq(checkoutUnits.ruleId, ruleId),
    eq(checkoutUnits.isReleased, false),
    isNull(licenses.revokedAtMs),
  )
  const unit = db
    .select({ licenseId: checkoutUnits.licenseId })
    .from(checkoutUnits)
    .innerJoin(licenses, eq(licenses.id, checkoutUnits.licenseId))
    .where(isOfRule)
    .limit(1)
    .get()
  return unit !== undefined
}

function rejectDuplicate({ db }: Engine, { id, provider, target, value }: CheckoutRule): void {
  const { id: idColumn, target: targetColumn } = checkoutRules
  const isSame = and(
    ne(idColumn, id),
    eq(targetColumn, target),
    eq(checkoutRules.value, value),
    eq(checkoutRules.provider, provider ?? ''),
  )
  const row = db.select({ id: idColumn }).from(checkoutRules).where(isSame).get()
  if (row !== undefined) throw ruleTaken(row.id)
}

type Row = typeof checkoutRules.$inferSelect
