import { type TSchema, Type } from '@sinclair/typebox'
import { assert } from '~/assert.ts'
import type { IdPrefix } from '~/domain/ids.ts'
import { exampleId } from '~/wire/fields.ts'

const id = (noun: string, prefix: IdPrefix) =>
  Type.String({ description: `ID of the ${noun}.`, examples: [exampleId(prefix)] })
const slug = (noun: string, example: string) =>
  Type.String({ description: `Slug of the ${noun}.`, examples: [example] })

/** The parameter that follows each segment of a path. */
const parameters: Readonly<Record<string, TSchema>> = {
  activations: id('activation', 'act'),
  deliveries: id('delivery', 'dlv'),
  events: id('event', 'evt'),
  keys: id('API key', 'key'),
  licenses: id('license', 'lic'),
  plans: slug('plan', 'professional'),
  products: slug('product', 'default'),
  seats: id('seat', 'seat'),
  swagger: Type.String({ description: 'Name of the file.', examples: ['swagger-ui.css'] }),
  webhooks: id('webhook endpoint', 'whk'),
}

/** Describes the parameters of a path such as `/licenses/:id`. */
export function buildPathParams(path: string) {
  const found = [...path.matchAll(/(\w+)\/:(\w+)/g)].map(([, segment = '', name = '']) => {
    const schema = parameters[segment]
    assert(schema !== undefined, `the parameter of /${segment} has a description`)
    return [name, schema] as const
  })
  return Type.Object(Object.fromEntries(found))
}
