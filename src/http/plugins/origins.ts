import { Fault } from '~/domain/faults.ts'
import type { Config } from '~/platform/config.ts'
import { requireJsonType } from './bodies.ts'

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/** Where a request comes from, as far as a browser says. Programs that are none say nothing. */
type Source = 'this site' | 'elsewhere' | 'unknown'

export type Origins = ReturnType<typeof createOrigins>

/** Creates the checks against requests that pages of other sites make a browser send. */
export function createOrigins({ tls, publicUrl }: Pick<Config, 'tls' | 'publicUrl'>) {
  const publicOrigin = publicUrl === null ? null : URL.parse(publicUrl)?.origin

  function findSource({ headers }: Request): Source {
    const site = headers.get('sec-fetch-site')
    // Browsers send it to https and loopback addresses only.
    if (site !== null) return site === 'same-origin' ? 'this site' : 'elsewhere'
    const origin = headers.get('origin')
    if (origin === null) return 'unknown'
    return origin === publicOrigin || isOwnHost(origin, headers) ? 'this site' : 'elsewhere'
  }

  function isOwnHost(origin: string, headers: Headers): boolean {
    const place = URL.parse(origin)
    if (place === null || (tls !== null && place.protocol !== 'https:')) return false
    return place.host === URL.parse(`${place.protocol}//${headers.get('host')}`)?.host
  }

  return {
    /** Throws a Fault for a change with a cookie, unless it comes from a page of this server. */
    requireOwn(request: Request): void {
      if (SAFE_METHODS.includes(request.method)) return
      if (findSource(request) !== 'this site') throw crossSite()
      requireJsonType(request.headers)
    },
    /** Throws a Fault for a sign-in that comes from a page elsewhere. */
    rejectForeign(request: Request): void {
      if (findSource(request) === 'elsewhere') throw crossSite()
    },
  }
}

function crossSite(): Fault {
  return new Fault(
    'cross_site_request',
    'This request does not come from a page of this server. Programs send an API key instead of a ' +
      'cookie. If a proxy changes the Host header, set LICET_PUBLIC_URL.',
  )
}
