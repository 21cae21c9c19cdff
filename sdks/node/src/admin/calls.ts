import { NoAnswer } from '../errors.ts'
import { isObject } from '../json.ts'
import type { CallOptions, Query, Send } from './connection.ts'
import { fillRoute, type RouteName } from './routes.ts'
import type { Operations } from './types.ts'

/** The body, the query and the response of an operation. */
export type BodyOf<Name extends RouteName> = Operations[Name]['body']
export type QueryOf<Name extends RouteName> = Operations[Name]['query']
export type ResponseOf<Name extends RouteName> = Operations[Name]['response']

/** The operations that return pages, and what is on them. */
export type ListName = {
  [Name in RouteName]: ResponseOf<Name> extends PageShape ? Name : never
}[RouteName]
export type ItemOf<Name extends ListName> = ResponseOf<Name>['data'][number]

interface PageShape {
  readonly data: readonly unknown[]
  readonly next_cursor: string | null
}

export interface CallInput<Name extends RouteName> {
  /** The values of the parameters in the path, in order. */
  readonly ids?: readonly string[]
  readonly body?: BodyOf<Name> | undefined
  readonly query?: QueryOf<Name> | undefined
  readonly options?: CallOptions | undefined
}

/** A list that is read page by page while it is iterated. Nothing is requested before that. */
export interface List<Name extends ListName> extends AsyncIterable<ItemOf<Name>> {
  /** Returns the first page. Its `next_cursor` is the `cursor` of the next one. */
  page(): Promise<ResponseOf<Name>>
  /** Iterates over the pages. */
  pages(): AsyncIterable<ResponseOf<Name>>
}

/** Calls operations by their ID. */
export interface Calls {
  call<Name extends RouteName>(name: Name, input: CallInput<Name>): Promise<ResponseOf<Name>>
  list<Name extends ListName>(name: Name, input: CallInput<Name>): List<Name>
}

export function buildCalls(send: Send): Calls {
  async function call<Name extends RouteName>(name: Name, input: CallInput<Name>) {
    const { ids = [], body, query, options } = input
    const [method, path] = fillRoute(name, ids)
    const value = await send({ method, path, body, query: toQuery(query), options })
    if (value !== undefined && !isObject(value)) {
      const message = 'Something else than Licet answered. Check the URL of the server.'
      throw new NoAnswer('not_licet', message)
    }
    return value as ResponseOf<Name>
  }

  function list<Name extends ListName>(name: Name, input: CallInput<Name>): List<Name> {
    async function* readPages() {
      let query = input.query
      for (;;) {
        const page: ResponseOf<Name> = await call(name, { ...input, query })
        yield page
        if (page.next_cursor === null) return
        query = { ...toQuery(query), cursor: page.next_cursor }
      }
    }
    async function* readItems() {
      for await (const page of readPages()) yield* page.data as ItemOf<Name>[]
    }
    return {
      page: () => call(name, input),
      pages: readPages,
      [Symbol.asyncIterator]: readItems,
    }
  }

  return { call, list }
}

function toQuery(query: unknown): Query {
  return isObject(query) ? query : {}
}
