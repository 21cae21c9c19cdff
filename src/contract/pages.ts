import { type Static, type TSchema, Type } from '@sinclair/typebox'

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
