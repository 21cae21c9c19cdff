import type { LicetOptions, State } from 'licet'
import { assertEqual, type Check } from './checks.ts'

/** Both entries have this part of the client. */
interface Client {
  check(request?: {
    readonly domain?: string
    readonly features?: readonly string[]
    readonly fresh?: boolean
  }): Promise<State>
}

export interface Target {
  readonly url: string
  readonly publicKeys: readonly string[]
  /** The key of a license with the feature `sso`. */
  readonly key: string
  /** The key of a license that is suspended. */
  readonly suspendedKey: string
  readonly plan: string
}

const nowhere = 'http://127.0.0.1:9'

/** Checks licenses against a running server, the same in all runtimes. */
export async function checkOnline(
  check: Check,
  createClient: (options: LicetOptions) => Client,
  target: Target,
): Promise<void> {
  const { url, publicKeys, key, suspendedKey, plan } = target
  const records = new Map<string, string>()
  const store = {
    get: (name: string) => records.get(name) ?? null,
    put: (name: string, text: string) => void records.set(name, text),
    delete: (name: string) => void records.delete(name),
  }
  const options = { url, appId: 'online-checks', key, publicKeys, store }
  const domain = 'https://shop.example.com/cart'

  await check('a license is confirmed by the server', async () => {
    const { status, source, license, refreshAfter } = await createClient(options).check({ domain })
    assertEqual([status, source, license?.plan], ['licensed', 'server', plan])
    assertEqual(typeof refreshAfter, 'string')
  })

  await check('a license that was confirmed is valid while the server is away', async () => {
    const client = createClient({ ...options, url: nowhere })
    const { status, source, license } = await client.check({ domain, features: ['sso'] })
    assertEqual([status, source, license?.plan], ['licensed', 'lease', plan])
    assertEqual((await client.check({ domain, fresh: true })).source, 'lease')
    assertEqual((await client.check({ domain, features: ['audit'] })).code, 'FEATURE_NOT_INCLUDED')
  })

  await check('a license is not valid on a domain where nothing is stored', async () => {
    const client = createClient({ ...options, url: nowhere, timeoutMs: 500 })
    const { status, code } = await client.check({ domain: 'shop.example.com.attacker.example' })
    assertEqual([status, code], ['unknown', 'NO_ANSWER'])
  })

  await check('a refusal is stored, and outlives the next outage', async () => {
    const refused = { ...options, key: suspendedKey }
    const state = await createClient(refused).check({ domain })
    assertEqual(
      [state.status, state.source, state.code],
      ['refused', 'server', 'LICENSE_SUSPENDED'],
    )
    const later = await createClient({ ...refused, url: nowhere }).check({ domain })
    assertEqual([later.status, later.source, later.code], ['refused', 'cache', 'LICENSE_SUSPENDED'])
  })

  await check('a server with another signing key is no answer', async () => {
    const strangers = ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo']
    const client = createClient({
      ...options,
      publicKeys: strangers,
      store: undefined,
      timeoutMs: 500,
    })
    assertEqual((await client.check({ domain: 'new.example.com' })).status, 'unknown')
  })

  await check('a license without pinned keys is confirmed and cached too', async () => {
    const unsigned = { ...options, publicKeys: [], appId: 'unsigned' }
    const domain = 'localhost'
    assertEqual((await createClient(unsigned).check({ domain })).source, 'server')
    const later = await createClient({ ...unsigned, url: nowhere }).check({ domain })
    assertEqual([later.status, later.source], ['licensed', 'cache'])
  })
}
