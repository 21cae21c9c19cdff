import { readFileSync, statSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { type HashAlgorithm, hashAlgorithms, type KeyHashing } from '~/domain/key-hashes.ts'
import { importFile } from '~/importing/import.ts'
import type { Source } from '~/importing/source.ts'
import { csvFields, METADATA_PREFIX } from '~/importing/sources/csv.ts'
import { sources } from '~/importing/sources.ts'
import type { Settings } from '~/platform/config.ts'
import { createImportOutput } from './import-output.ts'
import type { AddCommand } from './program.ts'
import { withRuntime } from './runtime.ts'

const PAGE_MAX = 100
const PREFIX = /^[a-z0-9][a-z0-9._-]{0,63}$/

const explanation = `
Sources:
${[...sources.values()].map(({ name, title }) => `  ${name.padEnd(24)}${title}`).join('\n')}

The file is CSV, or JSON with one object per license. It may have any size. The external_ref of each
license is SOURCE:ID, so a repeated import skips what is there, and one that was stopped continues.

Fields of csv: ${csvFields.join(', ')}, ${METADATA_PREFIX}NAME`

interface Options {
  readonly plan?: PlanMap
  readonly column?: ReadonlyMap<string, string>
  readonly hash?: HashOption
  readonly as?: string
  readonly update?: true
  readonly webhooks?: true
  readonly dryRun?: true
  readonly report?: string
}

export const addImport: AddCommand = (program, readSettings) => {
  const command = program
    .command('import')
    .description('import licenses from other products; a running server sees them within 250 ms')
    .argument('<source>', 'the product that the file is from: see below', parseSource)
    .argument('<file>', 'its export, or - for standard input')
  addOptions(command)
    .addHelpText('after', explanation)
    .action((source: Source, file: string, options: Options) =>
      run(readSettings(), source, file, options),
    )
}

function addOptions(command: Command): Command {
  return command
    .option('--dry-run', 'only say what would happen, and write nothing')
    .option(
      '--update',
      'also bring licenses that exist to the state of the file, and add activations that they lack',
    )
    .option(
      '--plan <old=new>',
      'the plan to use for a plan of the source, or just one for all others; may be repeated',
      parsePlan,
    )
    .option(
      '--column <field=header>',
      'the header of a field, for the source csv; may be repeated',
      parseColumn,
    )
    .option(
      '--hash <algorithm>',
      `how keys were hashed, if the file has only their hashes: ${Object.keys(hashAlgorithms).join(', ')}:FILE with the secret`,
      parseHash,
    )
    .option('--as <name>', 'another name for the source in external_ref', parsePrefix)
    .option('--webhooks', 'also send the events to webhook endpoints')
    .option('--report <file>', 'write the records that were refused or changed to a CSV file')
}

interface PlanMap {
  readonly named: ReadonlyMap<string, string>
  readonly other: string | null
}

const noPlans: PlanMap = { named: new Map(), other: null }
const noColumns: ReadonlyMap<string, string> = new Map()

interface HashOption {
  readonly algorithm: HashAlgorithm
  readonly secretPath: string | null
}

function parseSource(text: string): Source {
  const source = sources.get(text)
  if (source !== undefined) return source
  throw new InvalidArgumentError(`Use one of ${[...sources.keys()].join(', ')}.`)
}

/** Splits at the last sign, because names of plans may contain one, but slugs do not. */
function parsePlan(text: string, { named, other } = noPlans): PlanMap {
  const at = text.lastIndexOf('=')
  if (at === -1) return { named, other: text }
  return { named: new Map([...named, [text.slice(0, at).trim(), text.slice(at + 1)]]), other }
}

function parseColumn(text: string, columns = noColumns) {
  const at = text.indexOf('=')
  const [field, header] = [text.slice(0, at), text.slice(at + 1).trim()]
  const isField = csvFields.some((name) => name === field) || field.startsWith(METADATA_PREFIX)
  if (at > 0 && isField && header !== '') return new Map([...columns, [field, header]])
  throw new InvalidArgumentError(`Use FIELD=HEADER with one of ${csvFields.join(', ')}.`)
}

function parseHash(text: string): HashOption {
  const [name = '', ...rest] = text.split(':')
  const secretPath = rest.length === 0 ? null : rest.join(':')
  const algorithm = Object.keys(hashAlgorithms).find(
    (known): known is HashAlgorithm => known === name,
  )
  const needsSecret = name.startsWith('hmac-')
  if (algorithm !== undefined && needsSecret === (secretPath !== null))
    return { algorithm, secretPath }
  throw new InvalidArgumentError('Use sha256, sha512, sha1, md5, or hmac-sha256:FILE.')
}

function parsePrefix(text: string): string {
  if (PREFIX.test(text)) return text
  throw new InvalidArgumentError('Use lowercase letters, digits, dots, hyphens and underscores.')
}

async function run(settings: Settings, source: Source, file: string, options: Options) {
  await withRuntime(settings, async (deps) => {
    const { plan = noPlans, column: columns = noColumns } = options
    const {
      dryRun: isDryRun = false,
      update: updates = false,
      webhooks: notifies = false,
    } = options
    if (columns.size > 0 && source.name !== 'csv') {
      throw new Fault('invalid_request', `Only the source csv reads --column, not ${source.name}.`)
    }
    if (file !== '-') requireFile(file)
    if (deps.vault.getConversion() !== null) throw beingReplaced()
    const hashing = options.hash === undefined ? null : readHashing(deps, options.hash)
    const findPlan = createFindPlan(await listPlans(deps), plan)
    using output = createImportOutput({ isDryRun, report: options.report })
    const path = file === '-' ? '/dev/stdin' : file
    const prefix = options.as ?? source.name
    const choices = {
      source,
      path,
      prefix,
      columns,
      findPlan,
      hashing,
      updates,
      notifies,
      isDryRun,
    }
    const summary = await importFile(deps, choices, output.add)
    output.printSummary(summary)
    if (summary.counts.refused > 0) process.exitCode = 1
  })
}

function readHashing({ vault }: Deps, { algorithm, secretPath }: HashOption): KeyHashing {
  if (secretPath === null) return { name: algorithm, algorithm, secretSealed: null }
  requireFile(secretPath)
  // Editors end files with a line break, which is no part of a secret.
  const secret = readFileSync(secretPath, 'utf8').replace(/\r?\n$/, '')
  if (secret === '') throw new Fault('invalid_request', `${secretPath} is empty.`)
  const id = vault.hashRequest(secret).slice(0, 12)
  return {
    name: `${algorithm}/${id}`,
    algorithm,
    secretSealed: vault.seal('import-secret', secret),
  }
}

/** Keys are compared by their hashes, which change meanwhile. */
function beingReplaced(): Fault {
  const detail =
    'The master secret is being replaced. Import once that is finished: see licet secret check.'
  return new Fault('unavailable', detail)
}

function requireFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined && !found.isDirectory()) return
  throw new Fault('not_found', `There is no file ${path}.`)
}

async function listPlans({ store }: Deps): Promise<ReadonlySet<string>> {
  const slugs = new Set<string>()
  let after: string | null = null
  do {
    const page = await store.plans.list({ limit: PAGE_MAX, after })
    for (const { slug } of page.data) slugs.add(slug)
    after = page.nextAfter
  } while (after !== null)
  return slugs
}

/**
 * Returns a function that maps the names of a plan, of which the first that is mapped counts. Without
 * one, it is the plan with such a name as its slug. Throws a Fault for unknown slugs.
 */
function createFindPlan(slugs: ReadonlySet<string>, { named, other }: PlanMap) {
  for (const slug of [...named.values(), ...(other === null ? [] : [other])]) {
    if (!slugs.has(slug)) throw new Fault('not_found', `There is no plan ${slug}.`)
  }
  return (names: readonly string[]): string | null => {
    const mapped = names.flatMap((name) => named.get(name) ?? [])
    const same = names.map((name) => name.toLowerCase()).filter((slug) => slugs.has(slug))
    return mapped[0] ?? same[0] ?? other
  }
}
