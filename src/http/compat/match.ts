import type { CompatSource } from '~/domain/compat/sources.ts'
import { type Eventual, whenReady } from '~/turns.ts'
import { pathOf } from '../plugins/requests.ts'
import type { CompatApi, CompatRoute } from './api.ts'

/** Where a request goes: `route` is null for a path or a method that the source does not have. */
export interface CompatMatch {
  readonly api: CompatApi
  readonly route: CompatRoute | null
  /** Whether the path is open to apps, and so to pages of any origin. */
  readonly isOpen: boolean
  /** The methods of this path; none for an unknown path. */
  readonly methods: readonly string[]
  readonly params: Readonly<Record<string, string>>
}

/** Finds the routes of listed sources. */
export interface FindCompat {
  /** Returns where a request goes; null if it is none of a listed source. */
  (request: Request): Eventual<CompatMatch | null>
  /** Whether a listed source has a route with this path. */
  readonly hasRoute: (method: string, path: string) => boolean
}

interface Candidate {
  readonly api: CompatApi
  readonly route: CompatRoute
  readonly pattern: RegExp
}

/** Returns a function that matches requests with the routes of the listed sources. */
export function createFindCompat(
  apis: readonly CompatApi[],
  listed: readonly CompatSource[],
): FindCompat {
  const active = apis.filter(({ source }) => listed.includes(source))
  const candidates = active.flatMap((api) =>
    api.routes.map((route) => ({ api, route, pattern: toPattern(route.path) })),
  )
  const owned = active.flatMap((api) => api.owns.map((path) => ({ api, pattern: toPattern(path) })))

  function findOwner(path: string): CompatMatch | null {
    const here = candidates.filter(
      ({ route, pattern }) => !route.isMeant && readParams(pattern, path) !== null,
    )
    const api = here[0]?.api ?? owned.find(({ pattern }) => pattern.test(path))?.api
    const methods = [...new Set(here.map(({ route }) => route.method))]
    const isOpen = here.every(({ route }) => route.caller === 'app')
    return api === undefined ? null : { api, route: null, isOpen, methods, params: {} }
  }

  /** Asks one route after the other, because some of them have to read the body. */
  function findMeant(
    request: Request,
    path: string,
    [first, ...rest]: readonly Candidate[],
  ): Eventual<CompatMatch | null> {
    if (first === undefined) return findOwner(path)
    const { api, route, pattern } = first
    const params = readParams(pattern, path)
    if (params === null) return findMeant(request, path, rest)
    const isOpen = route.caller === 'app'
    const match = { api, route, isOpen, methods: [route.method], params }
    if (route.isMeant === undefined) return match
    return whenReady(route.isMeant(request), (isMeant) =>
      isMeant ? match : findMeant(request, path, rest),
    )
  }

  const listRoutes = (method: string, path: string) =>
    candidates.filter(({ route, pattern }) => route.method === method && pattern.test(path))

  const find = (request: Request) => {
    const path = pathOf(request.url)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    return findMeant(request, path, listRoutes(method, path))
  }
  return Object.assign(find, {
    hasRoute: (method: string, path: string) => listRoutes(method, path).length > 0,
  })
}

function toPattern(path: string): RegExp {
  const escaped = path.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  const source = escaped.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)').replace(/\*$/, '.*')
  return new RegExp(`^${source}$`)
}

/** Returns the decoded parameters; null for a path that does not match, is badly encoded or contains a NUL. */
function readParams(pattern: RegExp, path: string): Record<string, string> | null {
  const match = pattern.exec(path)
  if (match === null) return null
  try {
    const entries = Object.entries(match.groups ?? {})
    const params = entries.map(([name, text]) => [name, decodeURIComponent(text)] as const)
    return params.some(([, text]) => text.includes('\0')) ? null : Object.fromEntries(params)
  } catch {
    return null
  }
}
