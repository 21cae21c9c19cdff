import { assert } from '~/assert.ts'
import { type Credential, type Route, type RouteRules, readRules } from './route-options.ts'

const VARIABLES = /:[^/]+|\*/g

/** Facts about the routes that are needed before one of them handles a request. */
export interface RouteIndex {
  /**
   * Returns the credential of a path, as its routes declare it. Under /api/v1 a path without a route
   * needs an API key as well, so that a caller without one cannot find out which paths exist.
   */
  credentialOf(path: string): Credential
  /** Returns the methods that a path supports, sorted; none for a path that does not exist. */
  methodsOf(path: string): readonly string[]
  /** Returns the rules of a route by its pattern, such as `/api/v1/licenses/:id`. */
  rulesOf(method: string, pattern: string): RouteRules
}

/** The routes of one path, which share their credential. */
interface Path {
  readonly pattern: RegExp
  /** The number of parts that may be anything, such as `:id`. */
  readonly variables: number
  readonly credential: Credential
  readonly rules: Map<string, RouteRules>
}

/** Reads the routes at the first call, because they exist only once the application is built. */
export function createRouteIndex(listRoutes: () => readonly Route[]): RouteIndex {
  let known: ReturnType<typeof indexRoutes> | null = null
  const index = () => (known ??= indexRoutes(listRoutes()))
  return {
    credentialOf: (path) =>
      index().paths.get(path)?.credential ??
      index().exceptions.find(({ pattern }) => pattern.test(path))?.credential ??
      defaultCredential(path),
    methodsOf: (path) => {
      const matching = [...index().paths.values()].filter(({ pattern }) => pattern.test(path))
      // A path of its own is no ID: `/licenses/bulk` does not have the methods of `/licenses/:id`.
      const variablesMin = Math.min(...matching.map(({ variables }) => variables))
      const closest = matching.filter(({ variables }) => variables === variablesMin)
      return [...new Set(closest.flatMap(listMethods))].sort()
    },
    rulesOf: (method, pattern) => {
      const rules = index().paths.get(pattern)?.rules.get(method)
      assert(rules !== undefined, 'a request that is parsed has a route')
      return rules
    },
  }
}

function indexRoutes(routes: readonly Route[]) {
  const paths = new Map<string, Path>()
  for (const route of routes) {
    const rules = readRules(route)
    const { credential } = rules
    const path = paths.getOrInsertComputed(route.path, () => ({
      pattern: toPattern(route.path),
      variables: route.path.match(VARIABLES)?.length ?? 0,
      credential,
      rules: new Map(),
    }))
    assert(path.credential === credential, `the routes of ${route.path} share one credential`)
    path.rules.set(route.method, rules)
  }
  const exceptions = [...paths].flatMap(([name, path]) =>
    /[:*]/.test(name) && path.credential !== defaultCredential(name) ? [path] : [],
  )
  return { paths, exceptions }
}

/** Returns a pattern for the paths that a route such as `/licenses/:id` matches. */
function toPattern(path: string): RegExp {
  const escaped = path.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(
    `^${escaped.replaceAll(VARIABLES, (part) => (part === '*' ? '.*' : '[^/]+'))}/?$`,
  )
}

const openToPages: readonly Credential[] = ['license key', 'session ID', 'public']

/** The router answers HEAD for every GET, and `cors` answers OPTIONS for what pages may call. */
function listMethods({ credential, rules }: Path): string[] {
  const methods = [...rules.keys()]
  if (rules.has('GET')) methods.push('HEAD')
  if (openToPages.includes(credential)) methods.push('OPTIONS')
  return methods
}

function defaultCredential(path: string): Credential {
  return path.startsWith('/api/v1') ? 'API key' : 'none'
}
