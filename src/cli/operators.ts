import type { Command } from 'commander'
import type { Deps } from '~/deps.ts'
import { shellActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { decideOperatorUpdate, type Operator } from '~/domain/operators.ts'
import type { Settings } from '~/platform/config.ts'
import { presentOperator } from '~/wire/operators.ts'
import { parseName } from './options.ts'
import { printLine, printTable } from './print.ts'
import type { AddCommand } from './program.ts'
import { withRuntime } from './runtime.ts'
import { printable } from './table.ts'

const PAGE_MAX = 100
/** The command line may change any operator. */
const shell = { scopes: ['*'], expiresAtMs: null }

export const addOperators: AddCommand = (program, readSettings) => {
  const operators = program
    .command('operators')
    .description('list, disable and enable the operators of the dashboard')
  operators
    .command('list')
    .description('list operators, newest first')
    .action(async () => printTable(toRows(await withRuntime(readSettings(), listAll))))
  addSwitch(operators, readSettings, true)
  addSwitch(operators, readSettings, false)
}

function addSwitch(operators: Command, readSettings: () => Settings, disabled: boolean): void {
  operators
    .command(disabled ? 'disable' : 'enable')
    .description(
      disabled
        ? 'disable an operator, whose sessions end at once'
        : 'allow a disabled operator to sign in again',
    )
    .argument('<name>', 'the name of the operator', parseName)
    .action(async (name: string) => {
      await withRuntime(readSettings(), (deps) => update(deps, name, disabled))
      printLine(`${disabled ? 'Disabled' : 'Enabled'} ${printable(name)}.`)
    })
}

async function update({ store, clock }: Deps, name: string, disabled: boolean): Promise<void> {
  const found = await store.operators.findByName(name)
  if (found === null) {
    const detail = `There is no operator ${name}. List all operators with: licet operators list`
    throw new Fault('not_found', detail)
  }
  const nowMs = clock.nowMs()
  await store.operators.change(found.id, buildOwnContext(shellActor, nowMs), (operator) =>
    decideOperatorUpdate(operator, shell, { disabled }, nowMs),
  )
}

async function listAll({ store }: Deps): Promise<readonly Operator[]> {
  const operators: Operator[] = []
  let after: string | null = null
  do {
    const page = await store.operators.list({ limit: PAGE_MAX, after })
    operators.push(...page.data)
    after = page.nextAfter
  } while (after !== null)
  return operators
}

function toRows(operators: readonly Operator[]): readonly (readonly string[])[] {
  const rows = operators
    .map(presentOperator)
    .map((view) => [
      view.id,
      printable(view.name),
      view.scopes.join(','),
      view.created_at,
      view.disabled_at ?? 'never',
    ])
  return [['ID', 'NAME', 'SCOPES', 'CREATED', 'DISABLED'], ...rows]
}
