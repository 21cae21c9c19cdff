import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { Deps } from '~/deps.ts'
import { shellActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { OfflineRequest } from '~/domain/offline-files.ts'
import { issueFile } from '~/http/license-files.ts'
import type { Settings } from '~/platform/config.ts'
import { writePrivateFile } from '~/platform/data-directory.ts'
import { signLicenseFile } from '~/signing/license-file.ts'
import { omitUndefined } from '~/wire/fields.ts'
import { fileFields, type IssuedLicenseFile, presentIssuedFile } from '~/wire/license-files.ts'
import { parseRequestCode } from '~/wire/offline.ts'
import { findLicense } from './license-search.ts'
import { requireNewPath } from './new-file.ts'
import { createListParser, createParser, readLimit } from './options.ts'
import { printJson } from './print.ts'
import { withRuntime } from './runtime.ts'
import { readArgument } from './stdin.ts'

interface FileOptions {
  readonly fingerprint?: string
  readonly name?: string
  readonly domain?: string[]
  readonly days?: number
  readonly request?: string
  readonly out?: string
  readonly json?: true
}

/** Adds `licet licenses file`. */
export function addFile(licenses: Command, readSettings: () => Settings): void {
  const { fingerprint, name, domains, days } = fileFields
  const file = licenses
    .command('file')
    .description('issue a signed license file, with which an app works without a connection')
    .argument('[license]', 'the id or the key of the license; not needed with --request')
    .option('--fingerprint <id>', 'the device to bind the file to', createParser(fingerprint))
    .option('--name <name>', 'the name of the device', createParser(name))
    .option(
      '--domain <domain>',
      'a domain to bind the file to; may be repeated',
      createListParser(domains),
    )
    .option(
      '--days <days>',
      'how long the file is valid (default: as the plan says)',
      createParser(days, readLimit),
    )
    .addOption(
      new Option(
        '--request <file>',
        'a file with the request code of a device, or - to read it from standard input',
      ).conflicts(['fingerprint', 'name']),
    )
    .option('--out <file>', 'the file to create, instead of printing its text')
    .option('--json', 'print JSON, as the API returns it')
  file.action(async (license: string | undefined, options: FileOptions) => {
    if (license === undefined && options.request === undefined) {
      file.error("error: name a license, or use option '--request <file>'")
    }
    if (license === '-' && options.request === '-') {
      file.error("error: only one of the license and option '--request <file>' can be -")
    }
    await withRuntime(readSettings(), (deps) => issue(deps, license, options))
  })
}

async function issue(deps: Deps, name: string | undefined, options: FileOptions): Promise<void> {
  const { domain: domains, days, out, json } = options
  const path = out === undefined ? null : requireNew(resolve(out))
  const request = options.request === undefined ? null : readRequest(options.request)
  const record = await findOne(deps, name, request)
  const device = request ?? options
  const order = { fingerprint: device.fingerprint, name: device.name ?? undefined, domains, days }
  const nowMs = deps.clock.nowMs()
  await deps.signer.prepare(nowMs)
  const feedPosition = await deps.store.revocations.findPosition()
  const context = buildOwnContext(shellActor, nowMs)
  const issued = await issueFile(deps, record.license.id, omitUndefined(order), context)
  if (issued === null) throw new Fault('not_found', 'There is no such license any more.')
  const occasion = { nonce: request?.nonce ?? null, feedPosition, nowMs }
  const text = signLicenseFile(deps, issued, issued.result, occasion)
  const view = presentIssuedFile(issued.result.file, text)
  if (path !== null) writePrivateFile(path, text)
  if (json) return printJson(view)
  if (path === null) process.stdout.write(text)
  process.stderr.write(`${describe(record, view)}${path === null ? '' : ` It is in ${path}.`}\n`)
}

/** Throws a Fault before anything is issued, rather than after it. */
function requireNew(path: string): string {
  requireNewPath(path)
  if (existsSync(dirname(path))) return path
  throw new Fault('not_found', `There is no directory ${dirname(path)}. Create it, then retry.`)
}

const STANDARD_INPUT = 0

function readRequest(name: string): OfflineRequest {
  return parseRequestCode(readFileSync(name === '-' ? STANDARD_INPUT : resolve(name), 'utf8'))
}

/** Finds the license that is named, or that the request code contains the key of. */
async function findOne(
  deps: Deps,
  name: string | undefined,
  request: OfflineRequest | null,
): Promise<LicenseRecord> {
  const record = await findLicense(deps, request?.key ?? (await readArgument(name ?? '')))
  if (request === null) return record
  const { id, productSlug } = record.license
  const isNamed =
    name === undefined || (await findLicense(deps, await readArgument(name))).license.id === id
  if (!isNamed) throw new Fault('invalid_transition', `The request code is for the license ${id}.`)
  if (request.product === null || request.product === productSlug) return record
  const detail = `The request code is for the product ${request.product}, and the license for ${productSlug}.`
  throw new Fault('invalid_transition', detail)
}

function describe({ license }: LicenseRecord, view: IssuedLicenseFile): string {
  const places = [view.fingerprint_bound ? 'one device' : '', ...view.domains].filter(Boolean)
  const where = places.length === 0 ? 'anywhere' : `on ${places.join(', ')}`
  const until = view.expires_at === null ? 'as long as the license' : `until ${view.expires_at}`
  return `Issued file ${view.id} of license ${license.id}, which works ${where}, ${until}.`
}
