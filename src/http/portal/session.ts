import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { isCodeRight, parsePortalCode } from '~/domain/portal-codes.ts'
import { buildPortalSession, type PortalSession, type Visitor } from '~/domain/portal-sessions.ts'
import { HOUR_MS } from '~/domain/times.ts'
import { truncateAddress } from '~/domain/usage.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import { Nothing } from '~/wire/fields.ts'
import {
  CurrentPortalSession,
  PortalSignInBody,
  presentPortalSession,
} from '~/wire/portal-sessions.ts'
import { problems } from '~/wire/problems.ts'
import { createFindByKey } from '../find-by-key.ts'
import { findPortalSession, type PortalParts } from '../plugins/portal-auth.ts'
import { createQuota } from '../plugins/quotas.ts'
import { requestState } from '../plugins/requests.ts'
import { openOptions } from '../plugins/route-options.ts'
import { createSignInToken } from '../setup-links.ts'
import { buildContext } from './portal-call.ts'

const BODY_BYTES_MAX = 4096
/** Each is audited, and a license key is all that a caller needs. */
const SIGN_INS_PER_LICENSE_MAX = 60

/** Signing in to the portal, signing out, and finding out who is signed in. */
export const portalSessionRoutes = (deps: Deps, parts: PortalParts) => {
  const { store, config } = deps
  const { cookies, codeCookies, origins } = parts
  const signIn = createSignIn(deps, parts)

  return new Elysia({ tags: ['Portal'] })
    .macro(openOptions)
    .get(
      '/session',
      async ({ request, set }) => {
        const session = await findPortalSession(deps, parts, request)
        if (session !== null) return { session: presentPortalSession(session) }
        set.headers['set-cookie'] = cookies.clear(request)
        return { session: null }
      },
      {
        credential: 'portal',
        operationId: 'getPortalSession',
        response: { 200: CurrentPortalSession, ...problems(404, 429, 503) },
        summary: 'Get the session of this browser in the portal',
      },
    )
    .post(
      '/session',
      async ({ body, request, set }) => {
        origins.rejectForeign(request)
        const token = createSignInToken(deps)
        const session = await signIn(request, body, token)
        set.status = 201
        set.headers['set-cookie'] = [
          cookies.write(request, token),
          ...(body.code === undefined ? [] : codeCookies.clear(request)),
        ]
        return { session: presentPortalSession(session) }
      },
      {
        credential: 'portal',
        operationId: 'signInToPortal',
        bodyBytesMax: BODY_BYTES_MAX,
        body: PortalSignInBody,
        response: {
          201: CurrentPortalSession,
          ...problems(400, 401, 403, 404, 413, 415, 422, 429, 503),
        },
        summary: 'Sign in to the portal, with a code or a license key',
        description:
          'Sets the cookie of a session of 2 hours. A code shows all licenses of its email address, ' +
          'and a key shows its license only.',
      },
    )
    .delete(
      '/session',
      async ({ request, set }) => {
        if (cookies.read(request) !== null) origins.requireOwn(request)
        const session = await findPortalSession(deps, parts, request)
        if (session !== null) {
          const context = buildContext({ clock: deps.clock, config }, parts, session, request)
          await store.portalSessions.end(session.id, context)
        }
        set.headers['set-cookie'] = cookies.clear(request)
        set.status = 204
      },
      {
        credential: 'portal',
        operationId: 'signOutOfPortal',
        response: { 204: Nothing, ...problems(403, 404, 415, 429, 503) },
        summary: 'Sign out of the portal',
      },
    )
}

function createSignIn(deps: Deps, parts: PortalParts) {
  const { store, vault, clock, config, createId } = deps
  const findByKey = createFindByKey(deps)
  const detail = 'This license key was used to sign in very often. Wait, then try again.'
  const countLicense = createQuota(SIGN_INS_PER_LICENSE_MAX, HOUR_MS, detail, clock)

  const build = (request: Request, visitor: Visitor, nowMs: number) =>
    buildPortalSession({
      id: createId('psn'),
      visitor,
      createdAtMs: nowMs,
      address: truncateAddress(parts.clientAddressOf(request), config.ipStorage),
      userAgent: request.headers.get('user-agent'),
    })

  /** Counts a failure, and returns it. */
  function fail(request: Request, message: string): Fault {
    parts.rateLimit.recordFailure(parts.clientAddressOf(request))
    return new Fault('unauthorized', message)
  }

  async function signInByCode(request: Request, text: string, token: string) {
    const nowMs = clock.nowMs()
    const browser = parts.codeCookies.read(request)
    if (browser === null) throw fail(request, codeRejected)
    const codeHash = vault.hashPortal(`code:${browser}:${parsePortalCode(text)}`)
    const hashes = {
      browserHash: vault.hashPortal(`browser:${browser}`),
      tokenHash: vault.hashPortal(`session:${token}`),
    }
    const origin = { requestId: requestState(request).id, nowMs }
    const session = await store.portalCodes.redeem(hashes, origin, (code) => {
      if (!isCodeRight(code, codeHash, nowMs)) return null
      return build(request, { kind: 'email', customerEmail: code.customerEmail }, nowMs)
    })
    if (session === null) throw fail(request, codeRejected)
    return session
  }

  async function signInByKey(request: Request, key: string, token: string) {
    if (!config.portal.includes('key')) throw keyIsOff()
    const nowMs = clock.nowMs()
    const found = await findByKey(key, nowMs)
    if (isRefusal(found)) throw fail(request, found.message)
    const { id: licenseId } = found.license
    countLicense(licenseId)
    const session = build(request, { kind: 'license', licenseId }, nowMs)
    const context = buildContext(deps, parts, session, request)
    return store.portalSessions.create(session, vault.hashPortal(`session:${token}`), context)
  }

  return (request: Request, body: PortalSignInBody, token: string): Promise<PortalSession> => {
    const { code, key } = body
    if (code !== undefined && key === undefined) return signInByCode(request, code, token)
    if (key !== undefined && code === undefined) return signInByKey(request, key, token)
    throw new Fault('validation_failed', 'Send either a code or a license key.')
  }
}

/** The same for every code that does not work, so that it says nothing about those that exist. */
const codeRejected =
  'This code is wrong, has expired, or was tried too often. Enter the newest code in the browser ' +
  'in which you requested it, or request another one.'

function keyIsOff(): Fault {
  const detail = 'Signing in with a license key is turned off. Sign in with your email address.'
  return new Fault('not_found', detail)
}
