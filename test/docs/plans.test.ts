import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { planDefaults } from '~/domain/plans.ts'
import { UpdatePlanBody } from '~/wire/plans.ts'

const page = readFileSync(join(import.meta.dir, '../../docs/plans.md'), 'utf8')

/** The texts in backticks of one cell. */
const codesOf = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
const toSnakeCase = (name: string) => name.replace(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`)

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
  const { archivedAtMs: _notAField, ...defaults } = planDefaults
  for (const [name, value] of Object.entries(defaults)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    expect({ name, text: table.get(toSnakeCase(name)) }).toEqual({ name, text })
  }
})
