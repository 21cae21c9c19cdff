import { Value } from '@sinclair/typebox/value'
import { type Command, InvalidArgumentError } from 'commander'
import type { Deps } from '~/deps.ts'
import {
  type ApiKey,
  checkGrant,
  createToken,
  decideApiKeyRevocation,
  scopes,
  TOKEN_RANDOM_BYTES,
} from '~/domain/api-keys.ts'
import { Fault } from '~/domain/faults.ts'
import { parseTimestamp } from '~/domain/times.ts'
import type { Settings } from '~/platform/config.ts'
import { CreateApiKeyBody, presentApiKey } from '~/wire/api-keys.ts'
import { Timestamp } from '~/wire/fields.ts'
import { commandLineContext, runAlongside } from './alongside.ts'
import type { AddCommand } from './program.ts'
import { printable, tableLines } from './table.ts'

const PAGE_MAX = 100
const shell = { scopes: ['*'] }

export const addKeys: AddCommand = (program, readSettings) => {
  const keys = program.command('keys').description('create, list and revoke API keys')
  addCreate(keys, readSettings)
  keys
    .command('list')
    .description('list the API keys, newest first')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: true }) => {
      const apiKeys = await runAlongside(readSettings(), listAll)
      if (json) console.log(JSON.stringify(apiKeys.map(presentApiKey), null, 2))
      else for (const line of tableLines(toRows(apiKeys))) console.log(line)
    })
  keys
    .command('revoke')
    .description('revoke an API key; a running server refuses it within a second')
    .argument('<id>', 'as licet keys list shows it')
    .action(async (id: string) => {
      const { name } = await runAlongside(readSettings(), (deps) => revoke(deps, id))
      console.log(`Revoked ${id} (${printable(name)}).`)
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
    .description('create an API key and print its token, this once')
    .requiredOption('--name <name>', 'what it is for (required)', readName)
    .requiredOption(
      '--scope <scope>',
      'what it may do, * for all; repeat it, or list several (required)',
      readScopes,
    )
    .option('--expires-at <time>', 'when it ends, such as 2027-03-06T00:00:00Z', parseExpiry)
    .addHelpText('after', `\nScopes: * (all), ${scopes.join(', ')}`)
    .action(async (options: CreateOptions) => {
      const { apiKey, token } = await runAlongside(readSettings(), (deps) => create(deps, options))
      process.stderr.write(`The token of ${apiKey.id} (${apiKey.name}), shown this once:\n`)
      console.log(token)
    })
}

async function create(
  { store, vault, clock, createId, randomBytes }: Deps,
  { name, scope, expiresAt }: CreateOptions,
): Promise<{ apiKey: ApiKey; token: string }> {
  const token = createToken(randomBytes(TOKEN_RANDOM_BYTES))
  const nowMs = clock.nowMs()
  const apiKey: ApiKey = {
    id: createId('key'),
    name,
    scopes: [...new Set(scope)],
    isReserved: false,
    createdAtMs: nowMs,
    expiresAtMs: expiresAt ?? null,
    lastUsedAtMs: null,
  }
  await store.apiKeys.create(apiKey, vault.hashToken(token), commandLineContext(nowMs))
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
  const revoked = await store.apiKeys.change(id, commandLineContext(clock.nowMs()), (apiKey) =>
    decideApiKeyRevocation(apiKey, shell),
  )
  if (revoked !== null) return revoked
  throw new Fault('not_found', `There is no API key ${id}. licet keys list shows those there are.`)
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

function readName(text: string): string {
  if (Value.Check(CreateApiKeyBody.properties.name, text)) return text
  throw new InvalidArgumentError('Give it 1–200 characters.')
}

function readScopes(text: string, before: readonly string[] = []): readonly string[] {
  const words = text.split(',').map((word) => word.trim())
  return refusing(() => {
    checkGrant(shell, words)
    return [...before, ...words]
  })
}

function parseExpiry(text: string): number {
  if (!Value.Check(Timestamp, text)) {
    throw new InvalidArgumentError('Give a time such as 2027-03-06T00:00:00Z.')
  }
  return refusing(() => parseTimestamp(text, '/expires_at'))
}

/** What the API would answer with 422 is a wrong argument here. */
function refusing<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw error instanceof Fault ? new InvalidArgumentError(error.message) : error
  }
}
