import { type Command, Option } from 'commander'
import type { Deps } from '~/deps.ts'
import { shellActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { decideReinstatement } from '~/domain/licenses.ts'
import { explainLicense } from '~/http/management/explain.ts'
import { type DecideLicense, renew, revoke, suspend } from '~/http/management/license-actions.ts'
import type { Settings } from '~/platform/config.ts'
import { ExplainQuery } from '~/wire/explanations.ts'
import { omitUndefined, Reason } from '~/wire/fields.ts'
import { RenewLicenseBody } from '~/wire/license-requests.ts'
import { SearchText } from '~/wire/search.ts'
import { addCreate } from './license-creation.ts'
import { addFile } from './license-file.ts'
import { createPresent, listFacts } from './license-output.ts'
import { findLicense, printMatches } from './license-search.ts'
import { createParser, readLimit, readTime } from './options.ts'
import { printJson, printLine, printTable } from './print.ts'
import type { AddCommand } from './program.ts'
import { withRuntime } from './runtime.ts'
import { readArgument } from './stdin.ts'
import { printable } from './table.ts'

const LICENSE = 'the id or the key of the license, or - to read it from standard input'

interface Output {
  readonly json?: true
  readonly reveal?: true
}

export const addLicenses: AddCommand = (program, readSettings) => {
  const licenses = program
    .command('licenses')
    .description('create, find and change licenses; a running server sees changes within 250 ms')
  addCreate(licenses, readSettings)
  addReads(licenses, readSettings)
  addActions(licenses, readSettings)
  addExplain(licenses, readSettings)
  addFile(licenses, readSettings)
}

function addReads(licenses: Command, readSettings: () => Settings): void {
  withOutput(licenses.command('show').description('show a license'))
    .argument('<license>', LICENSE)
    .action((name: string, { json, reveal }: Output) =>
      withRuntime(readSettings(), async (deps) => {
        const license = createPresent(
          deps,
          reveal,
        )(await findLicense(deps, await readArgument(name)))
        if (json) printJson(license)
        else printTable(listFacts(license))
      }),
    )
  withOutput(licenses.command('find').description('find licenses by what a customer tells you'))
    .argument(
      '<text>',
      'a key (even with a typo, or masked), an id, an email address or its domain, words of a name, ' +
        'a site, or a reference; - reads it from standard input',
      createParser(SearchText),
    )
    .action((text: string, output: Output) =>
      withRuntime(readSettings(), async (deps) =>
        printMatches(deps, await readArgument(text), output),
      ),
    )
}

interface ActionOptions extends Output {
  readonly reason?: string | null
  readonly days?: number
  readonly expiresAt?: string
}

interface Action {
  readonly name: string
  readonly description: string
  /** The first word of the sentence that reports success. */
  readonly done: string
  readonly decide: (options: ActionOptions) => DecideLicense
}

function addActions(licenses: Command, readSettings: () => Settings): void {
  const add = (action: Action) =>
    withOutput(licenses.command(action.name).description(action.description))
      .argument('<license>', LICENSE)
      .action((name: string, options: ActionOptions) =>
        withRuntime(readSettings(), (deps) => act(deps, action, name, options)),
      )
  const parseReason = createParser(Reason)
  add({
    name: 'suspend',
    description: 'suspend a license until it is reinstated',
    done: 'Suspended',
    decide: suspend,
  }).option('--reason <text>', 'the reason, which the license shows', parseReason)
  add({
    name: 'reinstate',
    description: 'reinstate a suspended license',
    done: 'Reinstated',
    decide: () => decideReinstatement,
  })
  add({
    name: 'revoke',
    description: 'revoke a license permanently',
    done: 'Revoked',
    decide: revoke,
  }).option('--reason <text>', 'the reason, which the event shows', parseReason)
  const { days, expires_at: expiresAt } = RenewLicenseBody.properties
  add({
    name: 'renew',
    description: 'renew a license, by default for the duration of its plan',
    done: 'Renewed',
    decide: (options) =>
      renew(omitUndefined({ days: options.days, expires_at: options.expiresAt })),
  })
    .addOption(
      new Option('--days <days>', 'days to add to its expiration, or to now if it has expired')
        .argParser(createParser(days, readLimit))
        .conflicts('expiresAt'),
    )
    .option(
      '--expires-at <time>',
      'its new expiration, such as 2027-03-06T00:00:00Z',
      createParser(expiresAt, readTime()),
    )
}

async function act(
  deps: Deps,
  { done, decide }: Action,
  name: string,
  options: ActionOptions,
): Promise<void> {
  const { license: found } = await findLicense(deps, await readArgument(name))
  const nowMs = deps.clock.nowMs()
  const context = buildOwnContext(shellActor, nowMs)
  const decideNow = decide(options)
  const changed = await deps.store.licenses.change(
    found.id,
    { intent: 'none' },
    context,
    (state) => {
      const decision = decideNow(state, nowMs)
      return { ...decision, result: decision.changes.length > 0 }
    },
  )
  if (changed === null) throw new Fault('not_found', `There is no license ${found.id} any more.`)
  const license = createPresent(deps, options.reveal)(changed)
  if (options.json) return printJson(license)
  const end = license.expires_at === null ? '' : `, expires ${license.expires_at}`
  const subject = printable(`${license.id} (${license.customer_email ?? 'none'}${end})`)
  printLine(
    changed.result ? `${done} ${subject}.` : `Nothing to do: ${subject} is ${license.status}.`,
  )
}

interface ExplainOptions extends ExplainQuery {
  readonly json?: true
}

function addExplain(licenses: Command, readSettings: () => Settings): void {
  const { domain, fingerprint, product, features, at } = ExplainQuery.properties
  licenses
    .command('explain')
    .description('explain what a validation would return, without changing anything')
    .argument('<license>', LICENSE)
    .option('--domain <domain>', 'the host name or URL where the app runs', createParser(domain))
    .option('--fingerprint <id>', 'the identifier of the device', createParser(fingerprint))
    .option('--product <slug>', 'the product that the app expects', createParser(product))
    .option('--features <names>', 'features, separated by commas', createParser(features))
    .option('--at <time>', 'another time than now', createParser(at, readTime()))
    .option('--json', 'print JSON, as the API returns it')
    .action((name: string, { json, ...query }: ExplainOptions) =>
      withRuntime(readSettings(), async (deps) => {
        const record = await findLicense(deps, await readArgument(name))
        const explanation = await explainLicense(deps.store, record, query, deps.clock.nowMs())
        if (json) return printJson(explanation)
        const { valid, error, checks, notices } = explanation
        printLine(
          valid ? `Valid: ${record.license.id}` : `Invalid (${error}): ${record.license.id}`,
        )
        printTable(
          checks.map((check) => [check.passed ? 'pass' : 'FAIL', check.name, check.detail]),
        )
        for (const notice of notices) printLine(printable(`Note: ${notice}`))
      }),
    )
}

function withOutput(command: Command): Command {
  return command
    .option('--json', 'print JSON, as the API returns it')
    .option('--reveal', 'show license keys in full')
}
