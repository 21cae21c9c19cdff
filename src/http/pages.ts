import { createHash } from 'node:crypto'
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, type PageQuery } from '~/contract/pages.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import type { Page, PageRequest } from '~/store/port.ts'

const MARK_SYMBOLS = 10

/** A list request as its route received it: the page wanted, and the filters it is a page of. */
export type ListQuery = PageQuery & Readonly<Record<string, string | undefined>>

/**
 * Reads `limit` and `cursor`. Throws `invalid_cursor` for a cursor that this server did not make,
 * or made for other filters; `list` names the list, so that cursors do not wander between lists.
 */
export function readPageRequest(list: string, query: ListQuery): PageRequest {
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

export function toPageView<Item, View>(
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
  return createHash('sha256').update(text).digest('base64url').slice(0, MARK_SYMBOLS)
}
