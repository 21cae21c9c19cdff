import { type Command, Option } from 'commander'
import { shellActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { createLicenses } from '~/http/management/license-creation.ts'
import type { Settings } from '~/platform/config.ts'
import { omitUndefined } from '~/wire/fields.ts'
import { CreateLicenseBody } from '~/wire/license-requests.ts'
import { createPresent } from './license-output.ts'
import { createListParser, createMapParser, createParser, readLimit, readTime } from './options.ts'
import { printJson, printLine } from './print.ts'
import { withRuntime } from './runtime.ts'
import { readArgument } from './stdin.ts'
import { printable } from './table.ts'

const body = CreateLicenseBody.properties

/** The options of the command, each in the form of its field in a request. */
interface CreateOptions {
  readonly plan: string
  readonly email: string
  readonly name?: string
  readonly quantity?: number
  readonly expiresAt?: string
  readonly maxDomains?: number | ''
  readonly maxDevices?: number | ''
  readonly maxSeats?: number | ''
  readonly feature?: CreateLicenseBody['features']
  readonly metadata?: CreateLicenseBody['metadata']
  readonly reference?: string
  readonly key?: string
  readonly domain?: string[]
  readonly reuse?: true
  readonly json?: true
  readonly reveal?: true
}

/** Adds `licet licenses create`. */
export function addCreate(licenses: Command, readSettings: () => Settings): void {
  const create = addOptions(licenses.command('create'))
  create.action((options: CreateOptions) => {
    if (options.reuse && options.reference === undefined) {
      create.error("error: option '--reuse' needs option '--reference <text>'")
    }
    return createAndPrint(readSettings(), options)
  })
}

function addOptions(command: Command): Command {
  const description = 'An integer of 0 or more, or none for no limit.'
  const limit = (schema: typeof body.max_domains) =>
    createParser({ ...schema, description }, readLimit)
  return command
    .description('create licenses and print their keys')
    .requiredOption('--plan <slug>', 'the plan (required)', createParser(body.plan))
    .requiredOption(
      '--email <address>',
      'the email address of the customer (required)',
      createParser(body.customer_email),
    )
    .option('--name <name>', 'the name of the customer', createParser(body.customer_name))
    .option('--quantity <count>', 'how many licenses', createParser(body.quantity, readLimit))
    .option(
      '--expires-at <time>',
      'when it expires, such as 2027-03-06T00:00:00Z, or never (default: as the plan says)',
      createParser(body.expires_at, readTime('never')),
    )
    .option('--max-domains <count>', 'a limit, or none', limit(body.max_domains))
    .option('--max-devices <count>', 'a limit, or none', limit(body.max_devices))
    .option('--max-seats <count>', 'a limit, or none', limit(body.max_seats))
    .option('--feature <name=value>', 'a feature; may be repeated', createMapParser(body.features))
    .option(
      '--metadata <name=value>',
      'a fact for your own use; may be repeated',
      createMapParser(body.metadata),
    )
    .option(
      '--reference <text>',
      'your own reference, such as an order number',
      createParser(body.external_ref),
    )
    .addOption(
      new Option(
        '--key <key>',
        'an existing license key to import, or - to read it from standard input',
      )
        .argParser(createParser(body.key))
        .conflicts('quantity'),
    )
    .option(
      '--domain <domain>',
      'a domain to activate; may be repeated',
      createListParser(body.domains),
    )
    .option('--reuse', 'return the license that already has this reference, if there is one')
    .option('--json', 'print JSON, as the API returns it')
    .option('--reveal', 'also show the keys of reused licenses in full')
}

async function createAndPrint(settings: Settings, options: CreateOptions): Promise<void> {
  await withRuntime(settings, async (deps) => {
    const context = buildOwnContext(shellActor, deps.clock.nowMs())
    const key = options.key && { key: await readArgument(options.key) }
    const issued = await createLicenses(deps, toBody({ ...options, ...key }))(context)
    if (issued === null) throw new Fault('not_found', `There is no plan ${options.plan}.`)
    const views = issued.map((record) => ({
      isNew: record.isNew,
      license: createPresent(deps, record.isNew || options.reveal)(record),
    }))
    const data = views.map(({ license }) => license)
    if (options.json) return printJson(options.quantity === undefined ? data[0] : { data })
    for (const { isNew, license } of views) {
      const subject = `license ${license.id} (${license.plan}, ${license.customer_email})`
      process.stderr.write(`${isNew ? 'Created' : 'Found'} ${printable(subject)}:\n`)
      printLine(license.key)
    }
  })
}

function toBody(options: CreateOptions): CreateLicenseBody {
  const { plan, email, feature, ...given } = options
  return {
    plan,
    customer_email: email,
    ...omitUndefined({
      customer_name: given.name,
      quantity: given.quantity,
      expires_at: restoreNull(given.expiresAt),
      max_domains: restoreNull(given.maxDomains),
      max_devices: restoreNull(given.maxDevices),
      max_seats: restoreNull(given.maxSeats),
      features: feature,
      metadata: given.metadata,
      external_ref: given.reference,
      key: given.key,
      domains: given.domain,
      reuse: given.reuse,
    }),
  }
}

/** Commander turns null, which a parser returns for none, into an empty string. */
function restoreNull<Value>(value: Value | ''): Value | null {
  return value === '' ? null : value
}
