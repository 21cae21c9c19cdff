import { SESSION_MAX_MS } from '~/domain/sessions.ts'
import { SECOND_MS } from '~/domain/times.ts'
import type { Config } from '~/platform/config.ts'

/** Browsers accept this name only over https, from the host itself, for all paths (RFC 6265bis). */
const SECURE_NAME = '__Host-licet_session'
/** Over plain http, where not all browsers accept the other name. */
const PLAIN_NAME = 'licet_session'
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict'

export type SessionCookies = ReturnType<typeof createSessionCookies>

/** Creates the functions that read and write the cookie of a session. */
export function createSessionCookies({ tls, publicUrl }: Pick<Config, 'tls' | 'publicUrl'>) {
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
      const secure = cookies.get(SECURE_NAME)
      if (secure !== undefined) return secure
      // Where https is certain, other hosts of the domain could plant a cookie with this name.
      if (tls !== null || isPublicHttps(request)) return null
      return cookies.get(PLAIN_NAME) ?? null
    },

    /** Returns the `Set-Cookie` that starts a session. */
    write(request: Request, token: string): string {
      const maxAgeSeconds = SESSION_MAX_MS / SECOND_MS
      return isHttps(request)
        ? `${SECURE_NAME}=${token}; ${ATTRIBUTES}; Max-Age=${maxAgeSeconds}; Secure`
        : `${PLAIN_NAME}=${token}; ${ATTRIBUTES}; Max-Age=${maxAgeSeconds}`
    },

    /** Returns the `Set-Cookie` headers that delete the cookies of a request. */
    clear(request: Request): string[] {
      const cookies = readCookies(request)
      return [
        ...(cookies.has(SECURE_NAME) ? [`${SECURE_NAME}=; ${ATTRIBUTES}; Max-Age=0; Secure`] : []),
        ...(cookies.has(PLAIN_NAME) ? [`${PLAIN_NAME}=; ${ATTRIBUTES}; Max-Age=0`] : []),
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
