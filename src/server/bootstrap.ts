import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Deps } from '~/deps.ts'
import { type ApiKey, createToken, TOKEN_RANDOM_BYTES } from '~/domain/api-keys.ts'
import { type Plan, planDefaults } from '~/domain/plans.ts'
import { writePrivateFile } from '~/platform/data-directory.ts'
import type { CommandContext } from '~/store/port.ts'

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

/** Gives an empty database a product and plans to begin with. */
export async function createDefaultProduct({ store, clock }: Deps): Promise<void> {
  const { data } = await store.products.list({ limit: 1, after: null })
  if (data.length === 0) await store.products.create(product, plans, startContext(clock.nowMs()))
}

/** Where the admin key is to be had. */
export type AdminKey =
  | { readonly kind: 'environment' }
  | { readonly kind: 'printed'; readonly token: string }
  | { readonly kind: 'written'; readonly path: string }
  | { readonly kind: 'elsewhere' }

/**
 * Keeps the reserved key in step with LICET_ADMIN_TOKEN. Where that is unset and there is no key at
 * all, makes one: shown once on a terminal, otherwise written to a file for its owner alone.
 */
export async function createAdminKey(
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
  await store.apiKeys.replaceReserved(reserved, context)
  if (reserved !== null) return { kind: 'environment' }
  const path = join(config.dataDir, 'admin.token')
  const { data } = await store.apiKeys.list({ limit: 1, after: null })
  if (data.length > 0) {
    return (await holdsKnownToken(deps, path)) ? { kind: 'written', path } : { kind: 'elsewhere' }
  }
  const token = createToken(randomBytes(TOKEN_RANDOM_BYTES))
  if (!isTerminal) writePrivateFile(path, `${token}\n`)
  await store.apiKeys.create(newAdminKey(deps, false), vault.hashToken(token), context)
  return isTerminal ? { kind: 'printed', token } : { kind: 'written', path }
}

async function holdsKnownToken({ store, vault }: Deps, path: string): Promise<boolean> {
  if (!existsSync(path)) return false
  const token = readFileSync(path, 'utf8').trim()
  return (await store.apiKeys.find(vault.hashToken(token))) !== null
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
