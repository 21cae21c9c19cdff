import type { TSchema } from '@sinclair/typebox'
import { NoSuchPart, Nothing } from '~/wire/fields.ts'
import { PageQuery, pageOf } from '~/wire/pages.ts'
import { type ProblemStatus, problems } from '~/wire/problems.ts'

type Statuses = readonly ProblemStatus[]

/** The responses of a management route: 200 with `schema`, and the problems it can return. */
export const answers = <Schema extends TSchema, const Own extends Statuses>(
  schema: Schema,
  ...own: Own
) => ({ response: { 200: schema, ...managementProblems(own) } })

/** The query and the responses of a route that lists a page of `item`. */
export const pages = <Item extends TSchema, const Own extends Statuses>(
  item: Item,
  ...own: Own
) => ({ query: PageQuery, ...answers(pageOf(item), ...own) })

/** The same for a route that creates something and returns 201. */
export const created = <Schema extends TSchema, const Own extends Statuses>(
  schema: Schema,
  ...own: Own
) => ({ response: { 201: schema, ...managementProblems(own) } })

/** The same for a route that returns 200 instead if what it would create exists already. */
export const createdOnce = <Schema extends TSchema, const Own extends Statuses>(
  schema: Schema,
  ...own: Own
) => ({ response: { 200: schema, 201: schema, ...managementProblems(own) } })

/** The same for a route that returns a file: Bun answers the header Range by itself. */
export const files = <Schema extends TSchema, const Own extends Statuses>(
  schema: Schema,
  ...own: Own
) => ({ response: { 200: schema, 206: schema, 416: NoSuchPart, ...managementProblems(own) } })

/** The same for a route that returns 204. */
export const noContent = <const Own extends Statuses>(...own: Own) => ({
  response: { 204: Nothing, ...managementProblems(own) },
})

/** The responses of a client route, which always has a body and never an API key. */
export const clientAnswers = <Schema extends TSchema, const Own extends Statuses>(
  schema: Schema,
  ...own: Own
) => ({ response: { 200: schema, ...problems(400, 413, 415, 422, 429, ...own) } })

/** The responses of a route for edges, which send their token. */
export const edgeAnswers = <Schema extends TSchema, const Own extends Statuses>(
  schema: Schema,
  ...own: Own
) => ({ response: { 200: schema, ...problems(401, 503, ...own) } })

/** The responses of a route of the portal, behind the session of a customer. */
export const portalAnswers = <Schema extends TSchema, const Own extends Statuses>(
  schema: Schema,
  ...own: Own
) => ({ response: { 200: schema, ...problems(401, 404, 429, 503, ...own) } })

/** The query and the responses of a route of the portal that lists a page of `item`. */
export const portalPages = <Item extends TSchema>(item: Item) => ({
  query: PageQuery,
  ...portalAnswers(pageOf(item), 400, 422),
})

/** `scope` drops 413 and 415 from routes without a body. */
function managementProblems<const Own extends Statuses>(own: Own) {
  return problems(400, 401, 403, 413, 415, 422, 429, ...own)
}
