import { PORTAL_CODE_MS } from '~/domain/portal-codes.ts'
import { PORTAL_SESSION_MS } from '~/domain/portal-sessions.ts'
import { SESSION_MAX_MS } from '~/domain/sessions.ts'
import { SECOND_MS } from '~/domain/times.ts'
import type { Config } from '~/platform/config.ts'

/** Browsers accept such a name only over https, from the host itself, for all paths (RFC 6265bis). */
const SECURE_PREFIX = '__Host-'

/** A cookie with a token. Its name has no prefix over plain http, where not all browsers accept it. */
interface CookieKind {
  readonly name: string
  /** `Lax` cookies are also sent if a customer follows a link, such as one in an email. */
  readonly sameSite: 'Strict' | 'Lax'
  readonly maxAgeMs: number
}

export const cookieKinds = {
  operator: { name: 'licet_session', sameSite: 'Strict', maxAgeMs: SESSION_MAX_MS },
  customer: { name: 'licet_portal', sameSite: 'Lax', maxAgeMs: PORTAL_SESSION_MS },
  /** The browser that has requested a code. */
  code: { name: 'licet_portal_code', sameSite: 'Lax', maxAgeMs: PORTAL_CODE_MS },
} as const satisfies Record<string, CookieKind>

export const PORTAL_COOKIE = SECURE_PREFIX + cookieKinds.customer.name

export type SessionCookies = ReturnType<typeof createSessionCookies>

/** Creates the functions that read and write a cookie with a token. */
export function createSessionCookies(
  { tls, publicUrl }: Pick<Config, 'tls' | 'publicUrl'>,
  { name: plainName, sameSite, maxAgeMs }: CookieKind,
) {
  const secureName = SECURE_PREFIX + plainName
  const attributes = `Path=/; HttpOnly; SameSite=${sameSite}`
  const publicPlace = publicUrl === null ? null : URL.parse(publicUrl)
  const isPublicHttps = ({ headers }: Request) =>
    publicPlace?.protocol === 'https:' && publicPlace.host === headers.get('host')

  /** Whether the browser uses https. A proxy may have ended it, but the page's origin shows it. */
  function isHttps(request: Request): boolean {
    if (tls !== null) return true
    const origin = request.headers.get('origin')
    return origin === null ? isPublicHttps(request) : origin.startsWith('https://')
  }

  return {
    /** Returns the token in the cookie; null without a cookie. */
    read(request: Request): string | null {
      const cookies = readCookies(request)
      const secure = cookies.get(secureName)
      if (secure !== undefined) return secure
      // Where https is certain, other hosts of the domain could plant a cookie with this name.
      if (tls !== null || isPublicHttps(request)) return null
      return cookies.get(plainName) ?? null
    },

    /** Returns the `Set-Cookie` that stores a token. */
    write(request: Request, token: string): string {
      const maxAgeSeconds = maxAgeMs / SECOND_MS
      return isHttps(request)
        ? `${secureName}=${token}; ${attributes}; Max-Age=${maxAgeSeconds}; Secure`
        : `${plainName}=${token}; ${attributes}; Max-Age=${maxAgeSeconds}`
    },

    /** Returns the `Set-Cookie` headers that delete the cookies of a request. */
    clear(request: Request): string[] {
      const cookies = readCookies(request)
      return [
        ...(cookies.has(secureName) ? [`${secureName}=; ${attributes}; Max-Age=0; Secure`] : []),
        ...(cookies.has(plainName) ? [`${plainName}=; ${attributes}; Max-Age=0`] : []),
      ]
    },
  }
}

/** The first cookie of a name counts, which is the one with the longest path. */
function readCookies({ headers }: Request): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  for (const part of (headers.get('cookie') ?? '').split(';')) {
    const at = part.indexOf('=')
    const name = part.slice(0, at).trim()
    if (at > 0 && !cookies.has(name)) cookies.set(name, part.slice(at + 1).trim())
  }
  return cookies
}
