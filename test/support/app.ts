import { assert } from '~/assert.ts'
import { shellActor } from '~/domain/actors.ts'
import type { Scope } from '~/domain/api-keys.ts'
import type { NativeRoutes } from '~/http/client/native-routes.ts'
import type { Config, Environment } from '~/platform/config.ts'
import type { SmtpSettings } from '~/platform/config-mail.ts'
import { type App, buildApp } from '~/server/app.ts'
import { openTestDeps, type TestDeps } from './deps.ts'

/** A response whose body is read. */
export interface TestResponse {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of every shape.
  readonly body: any
}

export async function readResponse(response: Response): Promise<TestResponse> {
  const { status, headers } = response
  const text = await response.text()
  const isJson = text !== '' && /\bjson\b/.test(headers.get('content-type') ?? '')
  return { status, headers, text, body: isJson ? JSON.parse(text) : null }
}

export interface TestApp extends TestDeps {
  readonly app: App
  /** Sends JSON with the admin token. `headers` are added; an undefined one removes a header. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string | undefined>,
  ): Promise<TestResponse>
  /** Creates an API key with exactly these scopes and returns its token. */
  tokenWith(...scopes: (Scope | '*')[]): Promise<string>
  /** Returns the types of a license's events, oldest first. */
  eventTypesOf(licenseId: string): Promise<string[]>
  /** Creates a license with a plan, an email address and `fields`, and returns it. */
  createLicense(fields?: object): Promise<TestResponse['body']>
  /** Posts to a client route, without a token. */
  callAsClient(path: string, body: unknown): Promise<TestResponse>
  validate(body: unknown): Promise<TestResponse>
}

/** The routes that apps call with a license key instead of an API key. */
export const clientPaths = [
  '/api/v1/validate',
  '/api/v1/activate',
  '/api/v1/deactivate',
  '/api/v1/seats/acquire',
  '/api/v1/seats/renew',
  '/api/v1/seats/release',
  '/api/v1/offline/activate',
  '/api/v1/offline/deactivate',
]

/** All routes under /api/v1 that need no API key. */
export const openPaths = [
  ...clientPaths,
  '/api/v1/revocations',
  '/api/v1/session',
  '/api/v1/portal/settings',
  '/api/v1/portal/codes',
  '/api/v1/portal/session',
  '/api/v1/checkout/:provider',
  '/api/v1/checkout/sessions/:provider/:session_id',
]

const ADMIN_TOKEN = 'the-admin-token-of-all-tests'

/** Finds the handler of a request as Bun does: native routes come before those of Elysia. */
export async function respond(app: App, request: Request): Promise<Response> {
  const routes = app.config.serve?.routes as NativeRoutes
  const native = routes[new URL(request.url).pathname]?.[request.method]
  return native === undefined ? app.handle(request) : native(request)
}

/** Returns the function that sends requests to this application. */
export function createSend(app: App): TestApp['send'] {
  return async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string | undefined> = {},
  ): Promise<TestResponse> {
    const all = {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      'content-type': body === undefined ? undefined : 'application/json',
      ...headers,
    }
    const given = Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    )
    const init: RequestInit = { method, headers: given }
    if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body)
    return readResponse(await respond(app, new Request(`http://localhost${path}`, init)))
  }
}

/** Opens the whole application in this process, on a real database file, without a socket. */
export async function openTestApp(
  config: Partial<Config> = {},
  smtp: SmtpSettings | null = null,
  env: Environment = {},
): Promise<TestApp> {
  const testDeps = await openTestDeps(config, smtp, env)
  const { deps } = testDeps
  const app = buildApp(deps)

  async function createKey(token: string, scopes: readonly string[]): Promise<string> {
    const context = {
      actor: shellActor,
      requestId: 'test',
      nowMs: deps.clock.nowMs(),
      idempotency: null,
    }
    const apiKey = {
      id: deps.createId('key'),
      name: 'test',
      scopes,
      isReserved: false,
      createdAtMs: deps.clock.nowMs(),
      expiresAtMs: null,
      lastUsedAtMs: null,
    }
    await deps.store.apiKeys.create(apiKey, deps.vault.hashToken(token), context)
    return token
  }

  const send = createSend(app)
  const callAsClient = (path: string, body: unknown) =>
    send('POST', `/api/v1/${path}`, body, { authorization: undefined })

  await createKey(ADMIN_TOKEN, ['*'])
  let tokens = 0
  return {
    ...testDeps,
    app,
    send,
    tokenWith: (...scopes) => createKey(`a-token-of-a-test-number-${++tokens}`, scopes),
    eventTypesOf: async (licenseId) => {
      const { body } = await send('GET', `/api/v1/licenses/${licenseId}/events?limit=100`)
      return body.data.map(({ type }: { type: string }) => type).reverse()
    },
    createLicense: async (fields = {}) => {
      const order = { plan: 'professional', customer_email: 'dev@example.com', ...fields }
      const { status, text, body } = await send('POST', '/api/v1/licenses', order)
      assert(status === 201, `the license is created: ${text}`)
      return body
    },
    callAsClient,
    validate: (body) => callAsClient('validate', body),
  }
}
