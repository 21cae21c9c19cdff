import { Elysia, status } from 'elysia'
import type { Deps } from '~/deps.ts'
import { armor } from '~/signing/armor.ts'
import { createFeed, type SignedFeed } from '~/signing/feed.ts'
import { problems } from '~/wire/problems.ts'
import { FeedOrFile, FeedUnchanged, presentFeed, RevocationsQuery } from '~/wire/revocations.ts'
import { matchesETag } from '../plugins/if-none-match.ts'
import { openOptions } from '../plugins/route-options.ts'

const CACHE = 'public, max-age=60'
const ETAG_CHARACTERS = 22
const fileHeaders = {
  'content-type': 'text/plain; charset=utf-8',
  'content-disposition': 'attachment; filename="licet-revocations.txt"',
}

/** The revocation feed, which names the licenses and activations whose tokens are void. */
export const revocationRoutes = (deps: Pick<Deps, 'store' | 'signer' | 'clock'>) => {
  const readFeed = createFeed(deps)

  return new Elysia({ tags: ['Revocations'] }).macro(openOptions).get(
    '/revocations',
    async ({ query, headers, set }) => {
      const feed = await readFeed(Number(query.after ?? 0), deps.clock.nowMs())
      const isFile =
        query.format === 'file' || (query.format === undefined && prefersText(headers.accept))
      const etag = buildETag(feed, isFile)
      Object.assign(set.headers, { 'cache-control': CACHE, vary: 'accept', etag })
      if (matchesETag(headers['if-none-match'], etag)) {
        return status(304, undefined)
      }
      if (!isFile) return presentFeed(feed)
      Object.assign(set.headers, fileHeaders)
      return armor('REVOCATIONS', feed.signed)
    },
    {
      credential: 'public',
      operationId: 'listRevocations',
      query: RevocationsQuery,
      response: { 200: FeedOrFile, 304: FeedUnchanged, ...problems(422, 429, 503) },
      summary: 'Get the revocation feed, which voids tokens before they expire',
      description:
        'Names the licenses that were revoked or suspended, and the domains and devices that were deactivated, with the time before which their tokens are void. Pages of any origin may call this, and it may be cached.',
    },
  )
}

/** The end of the signature differs for any other content. */
function buildETag({ signed }: SignedFeed, isFile: boolean): string {
  return `"${signed.slice(-ETAG_CHARACTERS)}${isFile ? '-file' : ''}"`
}

/** A client that accepts anything gets JSON. */
function prefersText(accept = ''): boolean {
  const types = accept
    .toLowerCase()
    .split(',')
    .map((range) => range.split(';')[0]?.trim())
  return types.includes('text/plain') && !types.includes('application/json')
}
