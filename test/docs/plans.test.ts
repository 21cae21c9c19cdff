import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { planDefaults } from '~/domain/plan-defaults.ts'
import { presentPlan, UpdatePlanBody } from '~/wire/plans.ts'

const page = readFileSync(join(import.meta.dir, '../../docs/plans.md'), 'utf8')

/** The texts in backticks of one cell. */
const codesOf = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

/** The default of each field, by name. A row with several fields has one default for each, or for all. */
function readTable(): Map<string, string | undefined> {
  const table = page.slice(page.indexOf('| field |'), page.indexOf('## Limits that'))
  const rows = [...table.matchAll(/^\| (`[^|]+) \|([^|]*)\|/gm)]
  return new Map(
    rows.flatMap(([, names = '', cell = '']) => {
      const defaults = codesOf(cell)
      return codesOf(names).map((name, index) => [name, defaults[index] ?? defaults[0]] as const)
    }),
  )
}

test('plan docs: the table lists every field that can be changed, with its default', () => {
  const table = readTable()
  const fields = Object.keys(UpdatePlanBody.properties)
  expect(fields.filter((name) => !table.has(name))).toEqual([])
  const unnamed = presentPlan({ ...planDefaults, slug: '', productSlug: '', name: '' })
  const defaults: Record<string, unknown> = unnamed
  for (const name of fields.filter((field) => field !== 'name')) {
    const value = defaults[name]
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    expect({ name, text: table.get(name) }).toEqual({ name, text })
  }
})
