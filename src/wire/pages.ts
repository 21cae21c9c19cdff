import type { Static, TSchema } from '@sinclair/typebox'
import { Fault, invalidField } from '~/domain/faults.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { Type } from './type.ts'

const PAGE_LIMIT_DEFAULT = 20
const PAGE_LIMIT_MAX = 100
const CURSOR_LENGTH_MAX = 500
const FINGERPRINT_LENGTH = 10
/** Numbers and IDs, and the times and names of files. */
const POSITION = /^[\x20-\x7e]+$/

const limitDescription = `The page size, 1–${PAGE_LIMIT_MAX}; ${PAGE_LIMIT_DEFAULT} by default.`

/** The query parameters of every list. A query holds strings: `parsePageRequest` reads the number. */
export const pageQuery = {
  limit: Type.Optional(
    Type.PublishAs(
      Type.String({ pattern: '^[1-9][0-9]{0,2}$', description: limitDescription }),
      Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_MAX, default: PAGE_LIMIT_DEFAULT }),
    ),
  ),
  cursor: Type.Optional(Type.Text(CURSOR_LENGTH_MAX, 'The `next_cursor` of the previous page.')),
}

export const PageQuery = Type.Query(pageQuery)
export type PageQuery = Static<typeof PageQuery>

/** A page of `item`, published as `LicensePage` if the items are of `License`. */
export const pageOf = <Item extends TSchema>(item: Item) =>
  Type.Response(
    `${item.title}Page`,
    'One page of a list.',
    { data: item.examples, next_cursor: null },
    {
      data: Type.Array(item),
      next_cursor: Type.Nullable(
        Type.Described('Pass it as `cursor` to get the next page; null on the last.'),
      ),
    },
  )

/**
 * Reads and presents the page that a request asks for. `list` names the list. Throws
 * `invalid_cursor` for a cursor that was not issued by this server for the same list and filters.
 */
export async function listPage<Item, View>(
  list: string,
  query: ListQuery,
  present: (item: Item) => View,
  read: (request: PageRequest) => Promise<Page<Item>>,
) {
  const { data, nextAfter } = await read(parsePageRequest(list, query))
  const nextCursor =
    nextAfter === null
      ? null
      : Buffer.from(computeFingerprint(list, query) + nextAfter).toString('base64url')
  return { data: data.map(present), next_cursor: nextCursor }
}

/** A list request as its route received it: `limit`, `cursor` and the filters of the list. */
type ListQuery = PageQuery & Readonly<Record<string, string | undefined>>

function parsePageRequest(list: string, query: ListQuery): PageRequest {
  const limit = Number(query.limit ?? PAGE_LIMIT_DEFAULT)
  if (limit > PAGE_LIMIT_MAX) {
    throw invalidField('?limit', `A page has at most ${PAGE_LIMIT_MAX} entries. Use a lower limit.`)
  }
  if (query.cursor === undefined) return { limit, after: null }
  const text = Buffer.from(query.cursor, 'base64url').toString('utf8')
  const fingerprint = text.slice(0, FINGERPRINT_LENGTH)
  const after = text.slice(FINGERPRINT_LENGTH)
  if (fingerprint !== computeFingerprint(list, query) || !POSITION.test(after)) {
    throw new Fault(
      'invalid_cursor',
      'This cursor belongs to another list or other filters. Start again without a cursor.',
    )
  }
  return { limit, after }
}

/** Binds a cursor to its list and filters. */
function computeFingerprint(
  list: string,
  { limit: _limit, cursor: _cursor, ...filters }: ListQuery,
) {
  const entries = Object.entries(filters).sort(([one], [other]) => (one < other ? -1 : 1))
  const text = JSON.stringify([list, entries])
  return new Bun.CryptoHasher('sha256')
    .update(text)
    .digest('base64url')
    .slice(0, FINGERPRINT_LENGTH)
}
