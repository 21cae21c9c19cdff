import { join } from 'node:path'
import { writePrivateFile } from './data-directory.ts'
import type { Deps } from './deps.ts'
import { type ApiKey, createToken, TOKEN_RANDOM_BYTES } from './domain/api-keys.ts'
import { type Plan, planDefaults } from './domain/plans.ts'
import type { CommandContext } from './store/port.ts'

const product = { slug: 'default', name: 'Default product', keyPrefix: 'TO' }

const plan = (slug: string, name: string, limits: Partial<Plan>): Plan => ({
  ...planDefaults,
  ...limits,
  slug,
  name,
  productSlug: product.slug,
})

const plans: readonly Plan[] = [
  plan('starter', 'Starter', { maxDomains: 1, maxDevices: 2 }),
  plan('professional', 'Professional', { maxDomains: 3, maxDevices: 5 }),
  plan('enterprise', 'Enterprise', {}),
]

/** Gives an empty database a product and plans to begin with. True when it was empty. */
export async function createFirstCatalog({ store, clock }: Deps): Promise<boolean> {
  const { data } = await store.listProducts({ limit: 1, after: null })
  if (data.length > 0) return false
  await store.createProduct(product, plans, startContext(clock.nowMs()))
  return true
}

/** How the first admin key came to its owner, for the words of greeting. */
export type AdminKey =
  | { readonly kind: 'given' }
  | { readonly kind: 'printed'; readonly token: string }
  | { readonly kind: 'written'; readonly path: string }

/**
 * Keeps the reserved key in step with LICET_ADMIN_TOKEN. Where that is unset and there is no key at
 * all, makes one: shown once on a terminal, otherwise written to a file for its owner alone.
 */
export async function createFirstApiKey(
  deps: Deps,
  adminToken: string | null,
  isTerminal: boolean,
): Promise<AdminKey> {
  const { store, vault, clock, config, randomBytes } = deps
  const context = startContext(clock.nowMs())
  const reserved =
    adminToken === null
      ? null
      : { apiKey: newAdminKey(deps, true), tokenHash: vault.hashToken(adminToken) }
  await store.replaceReservedApiKey(reserved, context)
  const { data } = await store.listApiKeys({ limit: 1, after: null })
  if (data.length > 0) return { kind: 'given' }
  const token = createToken(randomBytes(TOKEN_RANDOM_BYTES))
  const path = join(config.dataDir, 'admin.token')
  if (!isTerminal) writePrivateFile(path, `${token}\n`)
  await store.createApiKey(newAdminKey(deps, false), vault.hashToken(token), context)
  return isTerminal ? { kind: 'printed', token } : { kind: 'written', path }
}

function newAdminKey({ createId, clock }: Deps, isReserved: boolean): ApiKey {
  return {
    id: createId('key'),
    name: isReserved ? 'LICET_ADMIN_TOKEN' : 'admin',
    scopes: ['*'],
    isReserved,
    createdAtMs: clock.nowMs(),
    expiresAtMs: null,
    lastUsedAtMs: null,
  }
}

function startContext<Result>(nowMs: number): CommandContext<Result> {
  return { actor: 'start', requestId: 'start', nowMs, idempotency: null }
}

/** The address, the key, and two commands that end in `"valid":true`. */
export function greeting(url: string, adminKey: AdminKey): string {
  const lines = [`Licet answers at ${url} (documentation: ${url}/swagger)`]
  if (adminKey.kind === 'given') return lines.join('\n')
  const bearer = adminKey.kind === 'printed' ? adminKey.token : `$(cat '${adminKey.path}')`
  lines.push(
    adminKey.kind === 'printed'
      ? `Admin key, shown this once: ${adminKey.token}`
      : `Admin key: written to ${adminKey.path}`,
    '',
    'Create a license, then validate it:',
    '',
    `  KEY=$(curl -s ${url}/api/v1/licenses \\`,
    `    -H "Authorization: Bearer ${bearer}" -H 'Content-Type: application/json' \\`,
    `    -d '{"plan":"professional","customer_email":"dev@example.com"}' \\`,
    `    | sed -E 's/.*"key":"([^"]+)".*/\\1/'); echo "$KEY"`,
    '',
    `  curl -s ${url}/api/v1/validate -H 'Content-Type: application/json' \\`,
    `    -d '{"key":"'"$KEY"'","domain":"example.com"}'`,
    '',
  )
  return lines.join('\n')
}
