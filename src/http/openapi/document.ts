import { Problem, refusals } from '~/wire/problems.ts'
import { type Route, toOperation } from './operations.ts'
import { type Components, toJsonSchema } from './schemas.ts'

const PROBLEM_TYPE = 'application/problem+json'
const REQUEST_ID = '0197a1c2-5b3e-7c1d-9a52-1f0e8c6f2b11'

const description = `Issues license keys, validates them, and tells what happened to them.

Management routes need an API key, \`Authorization: Bearer <token>\`; apps need none, for the license
key is their credential. Every failure is a problem (RFC 9457) with a stable \`code\`, and every answer
carries \`X-Request-Id\`. Times are RFC 3339 in UTC, and \`null\` means none. Lists come newest first in
pages: pass \`next_cursor\` on as \`cursor\` until it is \`null\`.`

/** In the order of the page. */
const tags = [
  { name: 'Validation', description: 'What an app asks at run time, by its license key.' },
  { name: 'Activations', description: 'The domains and devices that take slots of a license.' },
  { name: 'Seats', description: 'Floating seats, leased to whoever works right now.' },
  { name: 'Licenses', description: 'Issuing licenses, and all that may befall them.' },
  { name: 'Usage', description: 'Who uses what, where, and how much.' },
  { name: 'Customers', description: 'What is kept of a person: handing it out, and erasing it.' },
  { name: 'Plans', description: 'The offers of a product: limits, features and duration.' },
  { name: 'Products', description: 'What is sold, each under a key prefix of its own.' },
  { name: 'Events', description: 'Every change, in the order in which it was committed.' },
  { name: 'Webhooks', description: 'Endpoints of yours to which events are delivered, signed.' },
  { name: 'API keys', description: 'Who may manage what.' },
  { name: 'Operations', description: 'For load balancers and monitoring.' },
  { name: 'Documentation', description: 'This description, for people and for programs.' },
]

const headers = {
  RequestId: {
    in: 'header',
    name: 'X-Request-Id',
    description: 'An id of your own for this request; without it the server makes one.',
    schema: { type: 'string', pattern: '^[\\w.:-]{1,128}$' },
  },
  IdempotencyKey: {
    in: 'header',
    name: 'Idempotency-Key',
    description: 'The same key and body within 24 hours get the first answer and act only once.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  IfMatch: {
    in: 'header',
    name: 'If-Match',
    description: 'The `ETag` of the license as you know it: 412 if it has changed since.',
    schema: { type: 'string' },
  },
}

/**
 * Describes `routes` as OpenAPI 3.1, whose schemas are JSON Schema as the contract's are. What a
 * route's options say is read by the swagger plugin; answers and headers are beyond it.
 */
export function buildOpenApi(routes: readonly Route[], version: string) {
  const schemas: Components = {}
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: toOperation(route, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Licet', version, description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    tags,
    paths,
    components: {
      schemas,
      responses: toRefusals(schemas),
      parameters: headers,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key with the scope named.' },
      },
    },
  }
}

export type OpenApi = ReturnType<typeof buildOpenApi>

/** How each status of a problem reads, named `Problem404` and the like. */
function toRefusals(schemas: Components) {
  const schema = toJsonSchema(Problem, schemas)
  const entries = Object.entries(refusals).map(([status, { description, ...words }]) => {
    const example = {
      type: 'about:blank',
      status: Number(status),
      ...words,
      request_id: REQUEST_ID,
    }
    return [`Problem${status}`, { description, content: { [PROBLEM_TYPE]: { schema, example } } }]
  })
  return Object.fromEntries(entries)
}
