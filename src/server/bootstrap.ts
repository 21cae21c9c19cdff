import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Deps } from '~/deps.ts'
import { startActor } from '~/domain/actors.ts'
import { type ApiKey, buildApiKey, createToken, TOKEN_RANDOM_BYTES } from '~/domain/api-keys.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { planDefaults } from '~/domain/plan-defaults.ts'
import type { Plan } from '~/domain/plans.ts'
import { createSetupLink } from '~/http/setup-links.ts'
import { runAlone } from '~/jobs/lease.ts'
import { createDataDirectory, writePrivateFile } from '~/platform/data-directory.ts'

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

/**
 * Creates what a new database lacks: the default product, signing keys, and the admin API key. Servers
 * that start at the same time do so one after the other.
 */
export function prepareDatabase(deps: Deps, prepareKey: () => Promise<AdminKey>) {
  return runAlone(deps, 'start', async () => {
    const isFirstStart = await createDefaultProduct(deps)
    await deps.signer.prepare(deps.clock.nowMs())
    return { isFirstStart, adminKey: await prepareKey() }
  })
}

/**
 * Creates the default product with its plans, if there is no product yet. Returns whether it did,
 * that is, whether this is the first start.
 */
export async function createDefaultProduct({ store, clock }: Deps): Promise<boolean> {
  const { data } = await store.products.list({ limit: 1, after: null })
  if (data.length > 0) return false
  await store.products.create(product, plans, buildOwnContext(startActor, clock.nowMs()))
  return true
}

/** Returns the path of a link that signs in to the dashboard once. */
export async function createFirstSetupLink(deps: Deps): Promise<string> {
  const context = buildOwnContext(startActor, deps.clock.nowMs())
  const { path } = await createSetupLink(deps, null, context)
  return path
}

/** Where the operator finds the admin API key. */
export type AdminKey =
  | { readonly kind: 'environment' }
  | { readonly kind: 'printed'; readonly token: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'unknown' }

/**
 * Makes the reserved API key match LICET_ADMIN_TOKEN. Without that variable, and if there is no API key
 * yet, creates one. Its token is returned on a terminal, otherwise written to a file for its owner only.
 */
export async function prepareAdminKey(
  deps: Deps,
  adminToken: string | null,
  isTerminal: boolean,
): Promise<AdminKey> {
  const { store, vault, clock, config, randomBytes } = deps
  const context = buildOwnContext(startActor, clock.nowMs())
  const reserved =
    adminToken === null
      ? null
      : { apiKey: buildAdminKey(deps, true), tokenHash: vault.hashToken(adminToken) }
  await store.apiKeys.replaceReserved(reserved, context)
  if (reserved !== null) return { kind: 'environment' }
  const path = join(config.dataDir, 'admin.token')
  const { data } = await store.apiKeys.list({ limit: 1, after: null })
  if (data.length > 0) {
    return (await containsValidToken(deps, path)) ? { kind: 'file', path } : { kind: 'unknown' }
  }
  const token = createToken(randomBytes(TOKEN_RANDOM_BYTES))
  if (!isTerminal) {
    // With a database elsewhere, nothing else is in this directory.
    createDataDirectory(config.dataDir)
    writePrivateFile(path, `${token}\n`)
  }
  await store.apiKeys.create(buildAdminKey(deps, false), vault.hashToken(token), context)
  return isTerminal ? { kind: 'printed', token } : { kind: 'file', path }
}

async function containsValidToken({ store, vault }: Deps, path: string): Promise<boolean> {
  if (!existsSync(path)) return false
  const token = readFileSync(path, 'utf8').trim()
  return (await store.apiKeys.find(vault.hashToken(token))) !== null
}

function buildAdminKey({ createId, clock }: Deps, isReserved: boolean): ApiKey {
  const name = isReserved ? 'LICET_ADMIN_TOKEN' : 'admin'
  const createdAtMs = clock.nowMs()
  return buildApiKey({ id: createId('key'), name, scopes: ['*'], isReserved, createdAtMs })
}
