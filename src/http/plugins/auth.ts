import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { isLive } from '~/domain/api-keys.ts'
import { Fault } from '~/domain/faults.ts'
import type { ClientAddressOf } from './client-address.ts'
import type { GuessLimit } from './rate-limits.ts'
import { requestState } from './requests.ts'

/** Routes whose credential is the license key. Everything else under /api/v1 needs a token. */
export const clientRoutes: ReadonlySet<string> = new Set(
  ['validate', 'activate', 'deactivate', 'seats/acquire', 'seats/renew', 'seats/release'].map(
    (route) => `/api/v1/${route}`,
  ),
)

/** Routes outside /api/v1 that need a token all the same. */
const guardedRoutes: ReadonlySet<string> = new Set(['/metrics'])

const BEARER = /^Bearer +([\x21-\x7e]{1,256}) *$/i

interface AuthParts {
  readonly guessLimit: GuessLimit
  readonly clientAddressOf: ClientAddressOf
}

/** Turns away whoever has no live token before the body is read. Scopes are judged by `commands`. */
export const auth = (
  { store, vault, clock }: Pick<Deps, 'store' | 'vault' | 'clock'>,
  { guessLimit, clientAddressOf }: AuthParts,
) =>
  new Elysia({ name: 'auth' }).onRequest(async ({ request }) => {
    const path = pathOf(request.url)
    const isGuarded = path.startsWith('/api/v1') ? !clientRoutes.has(path) : guardedRoutes.has(path)
    if (!isGuarded) return
    const token = BEARER.exec(request.headers.get('authorization') ?? '')?.[1]
    if (token === undefined) {
      throw new Fault('unauthorized', 'Send an API key: Authorization: Bearer <token>.')
    }
    const nowMs = clock.nowMs()
    const apiKey = await store.apiKeys.find(vault.hashToken(token))
    if (apiKey === null || !isLive(apiKey, nowMs)) {
      guessLimit.noteFailure(clientAddressOf(request), nowMs)
      throw new Fault(
        'unauthorized',
        'This API key is unknown, revoked or expired. Send a live one.',
      )
    }
    requestState(request).actor = apiKey
    store.apiKeys.recordUse(apiKey.id, nowMs)
  })

/** The path as the router reads it: not decoded, and with or without a slash at its end. */
export function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  if (start === -1) return '/'
  const query = url.indexOf('?', start)
  const end = query === -1 ? url.length : query
  return url.slice(start, url[end - 1] === '/' && end - 1 > start ? end - 1 : end)
}
