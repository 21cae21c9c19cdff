import type { TSchema } from '@sinclair/typebox'
import { Fault } from '~/domain/faults.ts'
import { parseEventBody } from './event-body.ts'
import type { FetchFromApi } from './provider.ts'

const PAGES_MAX = 20
const PAGE_SIZE = 100

/** A list as events contain it: often only its first entries. */
interface List<Item> {
  readonly data: readonly Item[]
  readonly has_more?: boolean | null
}

interface Rest {
  /** Where Stripe's API lists the same. */
  readonly path: string
  readonly fetchFromApi: FetchFromApi | null
}

/** Returns all entries of a list. Throws a Fault if the event lacks some and there is no API key. */
export async function listAll<Item extends { readonly id: string }>(
  schema: TSchema & { readonly static: List<Item> },
  first: List<Item>,
  { path, fetchFromApi }: Rest,
): Promise<readonly Item[]> {
  const items = [...first.data]
  let list = first
  for (let page = 0; list.has_more === true && page < PAGES_MAX; page += 1) {
    if (fetchFromApi === null) {
      const detail = 'This event contains only a part of a long list. Set LICET_STRIPE_API_KEY'
      throw new Fault('invalid_request', `${detail}, then replay the event.`)
    }
    const last = list.data.at(-1)
    const query = last === undefined ? '' : `&starting_after=${encodeURIComponent(last.id)}`
    const separator = path.includes('?') ? '&' : '?'
    const body = await fetchFromApi(`${path}${separator}limit=${PAGE_SIZE}${query}`)
    list = parseEventBody(schema, body)
    items.push(...list.data)
  }
  return items
}
