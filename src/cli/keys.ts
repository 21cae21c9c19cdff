import { Value } from '@sinclair/typebox/value'
import { type Command, InvalidArgumentError } from 'commander'
import type { Deps } from '~/deps.ts'
import { shellActor } from '~/domain/actors.ts'
import {
  type ApiKey,
  buildApiKey,
  checkGrant,
  createToken,
  decideApiKeyRevocation,
  scopes,
  TOKEN_RANDOM_BYTES,
} from '~/domain/api-keys.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import { parseTimestamp } from '~/domain/times.ts'
import type { Settings } from '~/platform/config.ts'
import { presentApiKey } from '~/wire/api-keys.ts'
import { Timestamp } from '~/wire/fields.ts'
import { asArgument, parseName } from './options.ts'
import { printJson, printLine, printTable } from './print.ts'
import type { AddCommand } from './program.ts'
import { withRuntime } from './runtime.ts'
import { printable } from './table.ts'

const PAGE_MAX = 100
/** The command line may create and revoke any API key. */
const shell = { scopes: ['*'] }

const scopesHelp = `
Scopes:
  *  (all scopes)
${scopes.map((scope) => `  ${scope}`).join('\n')}`

export const addKeys: AddCommand = (program, readSettings) => {
  const keys = program.command('keys').description('create, list and revoke API keys')
  addCreate(keys, readSettings)
  keys
    .command('list')
    .description('list API keys, newest first')
    .option('--json', 'print JSON instead of a table')
    .action(async ({ json }: { json?: true }) => {
      const apiKeys = await withRuntime(readSettings(), listAll)
      if (json) printJson(apiKeys.map(presentApiKey))
      else printTable(toRows(apiKeys))
    })
  keys
    .command('revoke')
    .description('revoke an API key; a running server rejects it within a second')
    .argument('<id>', 'the id of the API key, as shown by licet keys list')
    .action(async (id: string) => {
      const { name } = await withRuntime(readSettings(), (deps) => revoke(deps, id))
      printLine(`Revoked ${id} (${printable(name)}).`)
    })
}

interface CreateOptions {
  readonly name: string
  readonly scope: readonly string[]
  readonly expiresAt?: number
}

function addCreate(keys: Command, readSettings: () => Settings): void {
  keys
    .command('create')
    .description('create an API key and print its token')
    .requiredOption('--name <name>', 'a name for the API key (required)', parseName)
    .requiredOption(
      '--scope <scope>',
      'a scope, or several separated by commas; may be repeated (required)',
      parseScopes,
    )
    .option(
      '--expires-at <time>',
      'when it expires, such as 2027-03-06T00:00:00Z (default: never)',
      parseExpiry,
    )
    .addHelpText('after', scopesHelp)
    .action(async (options: CreateOptions) => {
      const { apiKey, token } = await withRuntime(readSettings(), (deps) => create(deps, options))
      process.stderr.write(
        `Created API key ${apiKey.id} (${apiKey.name}). Its token is shown only once:\n`,
      )
      printLine(token)
    })
}

async function create(
  { store, vault, clock, createId, randomBytes }: Deps,
  { name, scope, expiresAt }: CreateOptions,
): Promise<{ apiKey: ApiKey; token: string }> {
  const token = createToken(randomBytes(TOKEN_RANDOM_BYTES))
  const nowMs = clock.nowMs()
  const given = { name, scopes: scope, expiresAtMs: expiresAt ?? null }
  const apiKey = buildApiKey({ id: createId('key'), createdAtMs: nowMs, ...given })
  await store.apiKeys.create(apiKey, vault.hashToken(token), buildOwnContext(shellActor, nowMs))
  return { apiKey, token }
}

async function listAll({ store }: Deps): Promise<readonly ApiKey[]> {
  const apiKeys: ApiKey[] = []
  let after: string | null = null
  do {
    const page = await store.apiKeys.list({ limit: PAGE_MAX, after })
    apiKeys.push(...page.data)
    after = page.nextAfter
  } while (after !== null)
  return apiKeys
}

async function revoke({ store, clock }: Deps, id: string): Promise<ApiKey> {
  const revoked = await store.apiKeys.change(
    id,
    buildOwnContext(shellActor, clock.nowMs()),
    (apiKey) => decideApiKeyRevocation(apiKey, shell),
  )
  if (revoked !== null) return revoked
  throw new Fault('not_found', `There is no API key ${id}. List all API keys with: licet keys list`)
}

function toRows(apiKeys: readonly ApiKey[]): readonly (readonly string[])[] {
  const rows = apiKeys
    .map(presentApiKey)
    .map((view) => [
      view.id,
      view.name,
      view.scopes.join(','),
      view.created_at,
      view.last_used_at ?? 'never',
      view.expires_at ?? 'never',
    ])
  return [['ID', 'NAME', 'SCOPES', 'CREATED', 'LAST USED', 'EXPIRES'], ...rows]
}

function parseScopes(text: string, previous: readonly string[] = []): readonly string[] {
  const words = text.split(',').map((word) => word.trim())
  return asArgument(() => {
    checkGrant(shell, words)
    return [...previous, ...words]
  })
}

function parseExpiry(text: string): number {
  if (!Value.Check(Timestamp, text)) {
    throw new InvalidArgumentError('Use a time such as 2027-03-06T00:00:00Z.')
  }
  const timeMs = asArgument(() => parseTimestamp(text, '/expires_at'))
  if (timeMs <= Date.now()) {
    throw new InvalidArgumentError('This time has passed. Use a later one.')
  }
  return timeMs
}
