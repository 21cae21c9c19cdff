import { type TSchema, Type } from '@sinclair/typebox'
import { assert } from '~/assert.ts'
import type { IdPrefix } from '~/domain/ids.ts'
import { providers } from '~/domain/purchases.ts'
import { exampleId } from '~/wire/fields.ts'

const id = (noun: string, prefix: IdPrefix) =>
  Type.String({ description: `ID of the ${noun}.`, examples: [exampleId(prefix)] })
const slug = (noun: string, example: string) =>
  Type.String({ description: `Slug of the ${noun}.`, examples: [example] })

/** The parameter that follows each segment of a path. */
const parameters: Readonly<Record<string, TSchema>> = {
  activations: id('activation', 'act'),
  backups: Type.String({
    description: 'Name of the backup.',
    examples: ['licet-2026-03-06T12-00-00-000Z.sqlite'],
  }),
  'checkout/events': id('checkout event', 'chk'),
  'checkout/rules': id('rule', 'rule'),
  deliveries: id('delivery', 'dlv'),
  edges: id('edge', 'edge'),
  events: id('event', 'evt'),
  jobs: Type.String({ description: 'Name of the job.', examples: ['clean-up'] }),
  keys: id('API key', 'key'),
  licenses: id('license', 'lic'),
  mails: id('mail', 'mail'),
  operators: id('operator', 'op'),
  plans: slug('plan', 'professional'),
  products: slug('product', 'default'),
  seats: id('seat', 'seat'),
  sessions: id('session', 'ses'),
  swagger: Type.String({ description: 'Name of the file.', examples: ['swagger-ui.css'] }),
  webhooks: id('webhook endpoint', 'whk'),
}

/** A parameter after a segment, or after another parameter. */
const PARAMETER = /((?:checkout\/)?\w*)\/:(\w+)/g

/** Parameters that are described by their own name. */
const named: Readonly<Record<string, TSchema>> = {
  provider: Type.String({
    description: `The provider: ${providers.join(', ')}.`,
    examples: ['standard'],
  }),
  session_id: Type.String({
    description: 'The ID of the session, as the provider adds it to the address of your page.',
    examples: ['8a6e0804-2bd0-4672-b79d-d97027f9071a'],
  }),
}

/** Describes the parameters of a path such as `/licenses/:id`. */
export function buildPathParams(path: string) {
  const found = [...path.matchAll(PARAMETER)].map(([, segment = '', name = '']) => {
    const schema = named[name] ?? parameters[segment]
    assert(schema !== undefined, `the parameter of /${segment} has a description`)
    return [name, schema] as const
  })
  return Type.Object(Object.fromEntries(found))
}
