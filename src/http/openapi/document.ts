import { eventTypes } from '~/domain/events.ts'
import { Problem, problemStatuses } from '~/wire/problems.ts'
import { buildEventExample, describeWebhookEvent } from '~/wire/webhook-events.ts'
import { PORTAL_COOKIE } from '../plugins/session-cookies.ts'
import { buildOperation, type Route, rateLimitHeaders, refer } from './operations.ts'
import { buildSchema, type Components } from './schemas.ts'

const PROBLEM_TYPE = 'application/problem+json'
const REQUEST_ID = '0197a1c2-5b3e-7c1d-9a52-1f0e8c6f2b11'

const WEBHOOK_DESCRIPTION =
  'Signed according to Standard Webhooks 1.0. License keys are masked. Respond with 2xx within 15 seconds.'

const description = `Licet issues license keys, validates them, and notifies your systems of every change.

Client calls, which your app makes, require no API key: the license key is the credential. Customers call the portal with a cookie. All other calls require an API key: \`Authorization: Bearer licet_…\`. To run them on this page, click **Authorize** first.

The dashboard sends the cookie of a session instead. A session has the scopes of its operator or API key, as they are now. Responses mask license keys for it, even with \`licenses:reveal\`, except where the request creates the key. It asks for each key with \`POST /api/v1/licenses/{id}/reveal\`, which is audited.

Every error is a problem document (RFC 9457) with a stable \`code\`, and every response has an \`X-Request-Id\`. Times are RFC 3339 in UTC. Lists are returned in pages, newest first: to get the next page, send \`next_cursor\` as \`cursor\`. On the last page it is \`null\`.`

/** In the order of the page. */
const tags = [
  { name: 'Validation', description: 'The call that your app makes each time it starts.' },
  { name: 'Activations', description: 'The domains and devices on which a license is used.' },
  { name: 'Seats', description: 'Floating seats, leased to the users who are working right now.' },
  { name: 'License files', description: 'Signed files, with which an app works offline.' },
  {
    name: 'Revocations',
    description: 'What voids signed tokens, and the public keys that verify them.',
  },
  { name: 'Licenses', description: 'Issuing, changing and finding licenses.' },
  { name: 'Usage', description: 'Validations: where, when and how often licenses are used.' },
  { name: 'Customers', description: 'Exporting and erasing the data of one customer.' },
  {
    name: 'Checkout',
    description: 'The events of your shop, and the rules that turn purchases into licenses.',
  },
  { name: 'Plans', description: 'The offers of a product: limits, features and duration.' },
  { name: 'Products', description: 'The software you sell. Each product has its own key prefix.' },
  { name: 'Events', description: 'Every change, in commit order.' },
  { name: 'Audit', description: 'Who has changed what, and from where.' },
  {
    name: 'Webhooks',
    description:
      'Your endpoints for signed events. The end of this page describes the requests they receive.',
  },
  { name: 'Mails', description: 'Emails to customers, such as those with a license key.' },
  { name: 'API keys', description: 'Credentials for management calls, with scopes.' },
  { name: 'Edges', description: 'Servers near the users, which confirm licenses that they know.' },
  { name: 'Operations', description: 'Health checks, metrics, settings, jobs and backups.' },
  { name: 'Sessions', description: 'The dashboard: who may sign in, and who is signed in.' },
  { name: 'Portal', description: 'The portal, where customers manage their own licenses.' },
  { name: 'Documentation', description: 'This page and the OpenAPI document behind it.' },
]

const text = { type: 'string' }
const header = (name: string, description: string, schema: object = text) => ({
  in: 'header',
  name,
  description,
  schema,
})

const requestHeaders = {
  RequestId: header(
    'X-Request-Id',
    'Your own ID for the request; by default the server generates one.',
  ),
  IdempotencyKey: header(
    'Idempotency-Key',
    'A key of your choice. Repeating a request with the same key and body within 24 hours returns the first response and has no further effect.',
    { type: 'string', minLength: 1, maxLength: 255 },
  ),
  Prefer: header(
    'Prefer',
    '`wait=5` responds when every edge has the change, or after 5 seconds; at most 60. `Licet-Edges` says how many have it.',
  ),
  IfMatch: header(
    'If-Match',
    'The `ETag` of the license as you read it. If it has changed since, the response is 412.',
  ),
}

const responseHeaders = {
  RequestId: { description: 'The ID of the request in the log.', schema: { type: 'string' } },
  ETag: { description: 'The version of the license, for `If-Match`.', schema: { type: 'string' } },
  IdempotencyReplayed: {
    description: '`true` if this is the stored response to an earlier request with the same key.',
    schema: { type: 'string', enum: ['true'] },
  },
  LicetEdges: {
    description: 'How many edges have the change, and how many there are, such as `3/3`.',
    schema: { type: 'string' },
  },
  LicetEdgesUntil: {
    description: 'When the last of the other edges can no longer confirm what has changed.',
    schema: { type: 'string', format: 'date-time' },
  },
  RateLimit: {
    description:
      'How many requests are left (`r`), and the seconds until there are more (`t`), such as `"api-key";r=599;t=60`. Only with a rate limit.',
    schema: { type: 'string' },
  },
  RateLimitPolicy: {
    description:
      'The rate limit: how many requests (`q`) within how many seconds (`w`), such as `"api-key";q=600;w=60`.',
    schema: { type: 'string' },
  },
  RetryAfter: { description: 'How many seconds to wait.', schema: { type: 'integer' } },
}

const requiredHeader = (name: string, description: string) => ({
  ...header(name, description),
  required: true,
})

const webhookHeaders = {
  WebhookId: requiredHeader('webhook-id', 'The ID of the event, the same on every attempt.'),
  WebhookTimestamp: requiredHeader(
    'webhook-timestamp',
    'The time of the attempt, in Unix seconds.',
  ),
  WebhookSignature: requiredHeader(
    'webhook-signature',
    '`v1,` and the base64 HMAC-SHA256 of `webhook-id.webhook-timestamp.body`.',
  ),
}

/** Describes `routes` as OpenAPI 3.1. Everything about a route comes from its options. */
export function buildOpenApi(routes: readonly Route[], version: string) {
  const schemas: Components = {}
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    if (route.hooks.detail?.hide) continue
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: buildOperation(route, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Licet', version, description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    tags,
    paths,
    webhooks: buildWebhooks(schemas),
    components: {
      schemas,
      headers: responseHeaders,
      parameters: { ...requestHeaders, ...webhookHeaders },
      responses: buildProblems(schemas),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, such as `licet_…`, without the word Bearer.',
        },
        edgeToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'The token of an edge, such as `licet_edge_…`, without the word Bearer.',
        },
        portalSession: {
          type: 'apiKey',
          in: 'cookie',
          name: PORTAL_COOKIE,
          description: 'The cookie of a customer who has signed in. Only browsers have it.',
        },
      },
    },
  }
}

export type OpenApi = ReturnType<typeof buildOpenApi>

function buildWebhooks(schemas: Components) {
  return Object.fromEntries(
    eventTypes.map((type) => {
      const { summary, body } = describeWebhookEvent(type)
      const media = { schema: buildSchema(body, schemas), example: buildEventExample(type) }
      const post = {
        operationId: `on${type.replace(/(?:^|[._])(\w)/g, (_all, letter) => letter.toUpperCase())}`,
        tags: ['Webhook events'],
        summary,
        description: WEBHOOK_DESCRIPTION,
        security: [],
        parameters: Object.keys(webhookHeaders).map((name) => refer('parameters', name)),
        requestBody: { required: true, content: { 'application/json': media } },
        responses: { '2XX': { description: 'The event was received.' } },
      }
      return [type, { post }]
    }),
  )
}

/** The response with each problem status, named `Problem404` and the like. */
function buildProblems(schemas: Components) {
  const schema = buildSchema(Problem, schemas)
  const entries = Object.entries(problemStatuses).map(([status, { description, ...problem }]) => {
    const example = {
      type: 'about:blank',
      status: Number(status),
      ...problem,
      request_id: REQUEST_ID,
    }
    const headers = {
      'X-Request-Id': refer('headers', 'RequestId'),
      ...(status === '429' && rateLimitHeaders),
      ...(['409', '429'].includes(status) && { 'Retry-After': refer('headers', 'RetryAfter') }),
    }
    const content = { [PROBLEM_TYPE]: { schema, example } }
    return [`Problem${status}`, { description, headers, content }]
  })
  return Object.fromEntries(entries)
}
