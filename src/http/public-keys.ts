import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { problems } from '~/wire/problems.ts'
import { PublicKeys, presentPublicKeys } from '~/wire/public-keys.ts'
import { openOptions } from './plugins/route-options.ts'

const CACHE = 'public, max-age=300'

/**
 * The keys that sign tokens, for inspection. An app must not trust what it reads here: it has the keys
 * pinned in its code.
 */
export const publicKeyRoutes = ({ signer }: Pick<Deps, 'signer'>) =>
  new Elysia({ tags: ['Revocations'] }).macro(openOptions).get(
    '/.well-known/licet/jwks.json',
    ({ set }) => {
      set.headers['cache-control'] = CACHE
      return presentPublicKeys(signer.listPublicKeys())
    },
    {
      credential: 'public',
      operationId: 'listPublicKeys',
      response: { 200: PublicKeys, ...problems(429) },
      summary: 'List the public keys of signed tokens',
      description:
        'For inspection only: an app pins the keys in its code, and must not trust those it reads here. Pages of any origin may call this.',
    },
  )
