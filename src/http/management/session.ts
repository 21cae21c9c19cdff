import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { isLive } from '~/domain/api-keys.ts'
import { Fault } from '~/domain/faults.ts'
import { FIRST_OPERATOR } from '~/domain/operators.ts'
import {
  buildSession,
  decideSetup,
  linkRejected,
  type Session,
  toSessionCaller,
} from '~/domain/sessions.ts'
import { truncateAddress } from '~/domain/usage.ts'
import { Nothing } from '~/wire/fields.ts'
import { problems } from '~/wire/problems.ts'
import { CurrentSession, presentSession, SignInBody } from '~/wire/sessions.ts'
import { type AuthParts, findSession, keyRejected } from '../plugins/auth.ts'
import { requestState } from '../plugins/requests.ts'
import { openOptions } from '../plugins/route-options.ts'
import { createSignInToken } from '../setup-links.ts'

const BODY_BYTES_MAX = 4096

type SessionDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'config' | 'randomBytes' | 'createId'>

/** Signing in, signing out, and finding out who is signed in. */
export const sessionRoutes = (deps: SessionDeps, parts: AuthParts) => {
  const { cookies, origins } = parts

  return new Elysia({ prefix: '/api/v1/session', tags: ['Sessions'] })
    .macro(openOptions)
    .get(
      '',
      async ({ request, set }) => {
        const session = await findSession(deps, parts, request)
        if (session !== null) return { session: presentSession(session) }
        set.headers['set-cookie'] = cookies.clear(request)
        return { session: null }
      },
      {
        credential: 'sign-in',
        operationId: 'getSession',
        response: { 200: CurrentSession, ...problems(429, 503) },
        summary: 'Get the session of this browser',
      },
    )
    .post(
      '',
      async ({ body, request, set }) => {
        origins.rejectForeign(request)
        const token = createSignInToken(deps)
        const session = await signIn(deps, parts, { request, body, token })
        set.status = 201
        set.headers['set-cookie'] = [cookies.write(request, token)]
        return { session: presentSession(session) }
      },
      {
        credential: 'sign-in',
        operationId: 'signIn',
        bodyBytesMax: BODY_BYTES_MAX,
        body: SignInBody,
        response: { 201: CurrentSession, ...problems(400, 401, 403, 409, 413, 415, 422, 429, 503) },
        summary: 'Sign in, with an API key or a setup link',
        description:
          'Sets the cookie of a session, which ends after 12 hours without use, and at the latest ' +
          'after 7 days. The session of an API key has its scopes and ends with it. A setup link ' +
          'that names no operator signs in as `name`, by default `admin`. `licet login` prints one.',
      },
    )
    .delete(
      '',
      async ({ request, set }) => {
        if (cookies.read(request) !== null) origins.requireOwn(request)
        const session = await findSession(deps, parts, request)
        if (session !== null) await endSession(deps, parts, session, request)
        set.headers['set-cookie'] = cookies.clear(request)
        set.status = 204
      },
      {
        credential: 'sign-in',
        operationId: 'signOut',
        response: { 204: Nothing, ...problems(403, 415, 429, 503) },
        summary: 'Sign out',
      },
    )
}

interface SignIn {
  readonly request: Request
  readonly body: SignInBody
  /** The token of the session that begins. */
  readonly token: string
}

function signIn(deps: SessionDeps, parts: AuthParts, { request, body, token }: SignIn) {
  const { vault, clock, createId, config } = deps
  const nowMs = clock.nowMs()
  const { token: apiToken, setup, name } = body
  const address = parts.clientAddressOf(request)
  const place = {
    address: truncateAddress(address, config.ipStorage),
    userAgent: request.headers.get('user-agent'),
  }
  const attempt = {
    tokenHash: vault.hashSignIn(token),
    requestId: requestState(request).id,
    nowMs,
    begin: (holder: Session['holder']) => buildSession(createId('ses'), holder, place, nowMs),
    fail: (fault: Fault) => {
      parts.rateLimit.recordFailure(address)
      return fault
    },
  }
  if (apiToken !== undefined && setup === undefined) return signInByKey(deps, apiToken, attempt)
  if (setup !== undefined && apiToken === undefined) {
    return signInByLink(deps, { setup, name }, attempt)
  }
  throw new Fault(
    'validation_failed',
    'Send either the token of an API key or that of a setup link.',
  )
}

interface Attempt {
  readonly tokenHash: string
  readonly requestId: string
  readonly nowMs: number
  readonly begin: (holder: Session['holder']) => Session
  /** Counts a failure, and returns it. */
  readonly fail: (fault: Fault) => Fault
}

async function signInByKey({ store, vault }: SessionDeps, token: string, attempt: Attempt) {
  const { tokenHash, requestId, nowMs, begin, fail } = attempt
  const apiKey = await store.apiKeys.find(vault.hashToken(token))
  if (apiKey === null || !isLive(apiKey, nowMs)) throw fail(keyRejected())
  store.apiKeys.recordUse(apiKey.id, nowMs)
  const session = begin({ kind: 'key', apiKey })
  const { actor } = toSessionCaller(session)
  const context = { actor, address: session.address, requestId, nowMs, idempotency: null }
  return await store.sessions.create(session, tokenHash, context)
}

async function signInByLink(
  { store, vault, createId }: SessionDeps,
  { setup, name }: { readonly setup: string; readonly name: string | undefined },
  { tokenHash, requestId, nowMs, begin, fail }: Attempt,
): Promise<Session> {
  const hash = vault.hashSetupLink(setup)
  const session = await store.setupLinks.redeem(
    { hash, name: name ?? FIRST_OPERATOR, tokenHash },
    { requestId, nowMs },
    (state) => {
      const operator = decideSetup(state, { id: createId('op'), name }, nowMs)
      return begin({ kind: 'operator', operator })
    },
  )
  if (session === null) throw fail(linkRejected())
  return session
}

async function endSession(
  { store, clock, config }: SessionDeps,
  { clientAddressOf }: AuthParts,
  session: Session,
  request: Request,
) {
  const { actor } = toSessionCaller(session)
  const requestId = requestState(request).id
  const address = truncateAddress(clientAddressOf(request), config.ipStorage)
  const context = { actor, address, requestId, nowMs: clock.nowMs(), idempotency: null }
  await store.sessions.end(session.id, context, () => undefined)
}
