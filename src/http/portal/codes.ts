import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { formatPortalCode, PORTAL_CODE_BYTES, PORTAL_CODE_MS } from '~/domain/portal-codes.ts'
import { HOUR_MS, toTimestamp } from '~/domain/times.ts'
import { parseEmail } from '~/wire/fields.ts'
import { CodeBody, CodeSent } from '~/wire/portal-sessions.ts'
import { problems } from '~/wire/problems.ts'
import type { PortalParts } from '../plugins/portal-auth.ts'
import { createQuota } from '../plugins/quotas.ts'
import { networkOf } from '../plugins/rate-limits.ts'
import { openOptions } from '../plugins/route-options.ts'
import { createSignInToken } from '../setup-links.ts'
import { createCodeSender } from './code-sender.ts'

const BODY_BYTES_MAX = 4096
const PER_ADDRESS_MAX = 3
const PER_NETWORK_MAX = 10

/** Codes that sign in by email. */
export const portalCodeRoutes = (deps: Deps, parts: PortalParts) => {
  const { store, vault, clock, config, randomBytes } = deps
  const sender = createCodeSender(deps)
  const countNetwork = createQuota(
    PER_NETWORK_MAX,
    HOUR_MS,
    `You have requested ${PER_NETWORK_MAX} codes within an hour. Wait, then request the next one.`,
    clock,
  )
  const countAddress = createQuota(
    PER_ADDRESS_MAX,
    HOUR_MS,
    `${PER_ADDRESS_MAX} codes were requested for this address within an hour. Wait, then request the next one.`,
    clock,
  )

  return new Elysia({ tags: ['Portal'] }).macro(openOptions).post(
    '/codes',
    async ({ body, request, set }) => {
      parts.origins.rejectForeign(request)
      if (!config.portal.includes('mail')) throw mailIsOff()
      sender.requireRoom()
      const nowMs = clock.nowMs()
      const customerEmail = parseEmail(body.email)
      countNetwork(networkOf(parts.clientAddressOf(request)))
      countAddress(customerEmail)
      const code = formatPortalCode(randomBytes(PORTAL_CODE_BYTES))
      const browser = createSignInToken(deps)
      const codeHash = vault.hashPortal(`code:${browser}:${code}`)
      await store.portalCodes.create(
        { customerEmail, codeHash, attempts: 0, createdAtMs: nowMs },
        vault.hashPortal(`browser:${browser}`),
      )
      sender.sendLater({ code, customerEmail, languages: request.headers.get('accept-language') })
      set.status = 202
      set.headers['set-cookie'] = [parts.codeCookies.write(request, browser)]
      return { expires_at: toTimestamp(nowMs + PORTAL_CODE_MS) }
    },
    {
      credential: 'portal',
      operationId: 'requestPortalCode',
      bodyBytesMax: BODY_BYTES_MAX,
      body: CodeBody,
      response: { 202: CodeSent, ...problems(400, 403, 404, 413, 415, 422, 429, 503) },
      summary: 'Request a code by email',
      description:
        'Sends 8 digits to an address that has licenses. They work for 10 minutes and 5 attempts, ' +
        'in this browser only, which gets a cookie. The response is the same for every address.',
    },
  )
}

function mailIsOff(): Fault {
  return new Fault('not_found', 'Signing in by email is turned off. Sign in with a license key.')
}
