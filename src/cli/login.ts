import type { Deps } from '~/deps.ts'
import { shellActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { buildOperator, requireEnabled } from '~/domain/operators.ts'
import { createSetupLink } from '~/http/setup-links.ts'
import { buildLocalUrl } from '~/platform/local-url.ts'
import { parseName } from './options.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'
import { withRuntime } from './runtime.ts'

const NO_DASHBOARD = 'There is no dashboard to sign in to. Add admin to LICET_PAGES, then retry.'

const help = `
The link works once, for 15 minutes. Without --name, the browser that opens it
chooses the name. A new name creates an operator with all scopes.`

export const addLogin: AddCommand = (program, readSettings) => {
  program
    .command('login')
    .description('print a link that signs in to the dashboard once')
    .option('--name <name>', 'the name of the operator to sign in', parseName)
    .addHelpText('after', help)
    .action(async ({ name }: { name?: string }) => {
      const settings = readSettings()
      const { config } = settings
      if (!config.pages.includes('admin')) throw new Fault('not_found', NO_DASHBOARD)
      const { path } = await withRuntime(settings, (deps) => createLink(deps, name ?? null))
      printLine(`${config.publicUrl ?? buildLocalUrl(config, config.port)}${path}`)
    })
}

async function createLink(deps: Deps, name: string | null) {
  const operatorId = name === null ? null : (await findOrCreate(deps, name)).id
  return createSetupLink(deps, operatorId, buildOwnContext(shellActor, deps.clock.nowMs()))
}

async function findOrCreate({ store, clock, createId }: Deps, name: string) {
  const found = await store.operators.findByName(name)
  if (found !== null) {
    requireEnabled(found)
    return found
  }
  const nowMs = clock.nowMs()
  const operator = buildOperator({ id: createId('op'), name, createdAtMs: nowMs })
  return store.operators.create(operator, buildOwnContext(shellActor, nowMs))
}
