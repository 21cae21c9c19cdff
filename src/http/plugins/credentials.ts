import { assert } from '~/assert.ts'
import { toPathPattern } from './allowed-methods.ts'
import type { Route } from './route-options.ts'

export type Credential = 'none' | 'license key' | 'API key'

export type CredentialOf = (path: string) => Credential

/**
 * Returns the credential of each path, as its routes declare it. Under /api/v1 a path without a
 * route needs an API key as well, so that a caller without one cannot find out which paths exist.
 */
export function createCredentialOf(routes: readonly Route[]): CredentialOf {
  const exact = new Map<string, Credential>()
  const patterns: { readonly pattern: RegExp; readonly credential: Credential }[] = []
  for (const route of routes) {
    const credential = readCredential(route)
    if (!route.path.includes(':')) {
      const known = exact.get(route.path) ?? credential
      assert(known === credential, `the routes of ${route.path} share one credential`)
      exact.set(route.path, credential)
    } else if (credential !== defaultCredential(route.path)) {
      patterns.push({ pattern: toPathPattern(route.path), credential })
    }
  }
  return (path) =>
    exact.get(path) ??
    patterns.find(({ pattern }) => pattern.test(path))?.credential ??
    defaultCredential(path)
}

function readCredential({ hooks: { detail = {} } }: Route): Credential {
  if (detail['x-credential'] !== undefined) return detail['x-credential']
  return (detail.security ?? []).length > 0 ? 'API key' : 'none'
}

function defaultCredential(path: string): Credential {
  return path.startsWith('/api/v1') ? 'API key' : 'none'
}
