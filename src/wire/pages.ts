import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Fault, invalidField } from '~/domain/faults.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'

export const PAGE_LIMIT_DEFAULT = 20
export const PAGE_LIMIT_MAX = 100

/** Query values are texts; `http/pages.ts` reads them into numbers. */
export const pageQuery = {
  limit: Type.Optional(
    Type.String({
      pattern: '^[1-9][0-9]{0,2}$',
      description: 'Page size, 1–100; 20 when omitted.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 500, description: 'The `next_cursor` of the page before.' }),
  ),
}

export const PageQuery = Type.Object(pageQuery, { additionalProperties: false })
export type PageQuery = Static<typeof PageQuery>

export const pageOf = <Item extends TSchema>(item: Item) =>
  Type.Object(
    { data: Type.Array(item), next_cursor: Type.Union([Type.String(), Type.Null()]) },
    { description: 'A page.', examples: [{ data: item.examples, next_cursor: null }] },
  )

const MARK_SYMBOLS = 10

/** A list request as its route received it: the page wanted, and the filters it is a page of. */
export type ListQuery = PageQuery & Readonly<Record<string, string | undefined>>

/**
 * Reads `limit` and `cursor`. Throws `invalid_cursor` for a cursor that this server did not make,
 * or made for other filters; `list` names the list, so that cursors do not wander between lists.
 */
export function parsePageRequest(list: string, query: ListQuery): PageRequest {
  const limit = Number(query.limit ?? PAGE_LIMIT_DEFAULT)
  if (limit > PAGE_LIMIT_MAX) {
    throw invalidField('?limit', `A page has 1–${PAGE_LIMIT_MAX} entries. Ask for fewer.`)
  }
  if (query.cursor === undefined) return { limit, after: null }
  const text = Buffer.from(query.cursor, 'base64url').toString('utf8')
  const mark = text.slice(0, MARK_SYMBOLS)
  const after = text.slice(MARK_SYMBOLS)
  if (mark !== markOf(list, query) || after === '') {
    throw new Fault(
      'invalid_cursor',
      'This cursor is not for this list and these filters. Begin again without a cursor.',
    )
  }
  return { limit, after }
}

export function presentPage<Item, View>(
  list: string,
  query: ListQuery,
  page: Page<Item>,
  toView: (item: Item) => View,
) {
  const { nextAfter } = page
  return {
    data: page.data.map(toView),
    next_cursor:
      nextAfter === null
        ? null
        : Buffer.from(markOf(list, query) + nextAfter).toString('base64url'),
  }
}

/** What binds a cursor to its list and filters. */
function markOf(list: string, { limit: _size, cursor: _place, ...filters }: ListQuery): string {
  const entries = Object.entries(filters).sort(([one], [other]) => (one < other ? -1 : 1))
  const text = JSON.stringify([list, entries])
  return new Bun.CryptoHasher('sha256').update(text).digest('base64url').slice(0, MARK_SYMBOLS)
}
