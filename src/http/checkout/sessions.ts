import { Elysia, status } from 'elysia'
import { isSessionId, sessionIdNames } from '~/checkout/session-ids.ts'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { SessionReading } from '~/store/checkout-port.ts'
import { PendingSession, presentSessionLicense, ReadySession } from '~/wire/checkout-sessions.ts'
import { problems } from '~/wire/problems.ts'
import type { ClientAddressOf } from '../plugins/client-address.ts'
import type { RateLimit } from '../plugins/rate-limits.ts'
import { openOptions } from '../plugins/route-options.ts'
import { requireProvider } from './require-provider.ts'

const RETRY_SECONDS = 2
/** The vendor has to do something first. */
const STUCK_RETRY_SECONDS = 60
const STUCK_HINT =
  'Your payment has arrived, but we still have to prepare your license by hand. You will get it as ' +
  'soon as possible. Please contact us if you have questions.'
const OVER = 'These license keys can no longer be read here. Ask the seller for them.'
const LOOK_IN_MAIL = 'If you got them by email, they are there too.'

interface SessionParts {
  readonly rateLimit: RateLimit
  readonly clientAddressOf: ClientAddressOf
}

/** The keys of a purchase, for the vendor's thank-you page. The unguessable ID is the credential. */
export const checkoutSessionRoutes = (
  {
    store,
    vault,
    clock,
    checkoutSecrets,
    sendMail,
  }: Pick<Deps, 'store' | 'vault' | 'clock' | 'checkoutSecrets' | 'sendMail'>,
  { rateLimit, clientAddressOf }: SessionParts,
) => {
  const presentLicense = (record: LicenseRecord) =>
    presentSessionLicense(record, vault.open('license-key', record.license.keySealed))

  return new Elysia({ tags: ['Checkout'] }).macro(openOptions).get(
    '/checkout/sessions/:provider/:session_id',
    async ({ params, request, set }) => {
      const provider = requireProvider(params.provider, checkoutSecrets)
      // The router reads malformed percent-encoding as null.
      const id: string = params.session_id ?? ''
      const nowMs = clock.nowMs()
      if (!isSessionId(provider, id)) {
        rateLimit.recordFailure(clientAddressOf(request))
        throw new Fault('not_found', `This is not ${sessionIdNames[provider]}.`)
      }
      const sessionHash = vault.hashSession(id)
      const reading = await store.checkout.sessions.read({ provider, sessionHash, nowMs })
      if (reading.state === 'over') {
        throw new Fault('gone', sendMail === null ? OVER : `${OVER} ${LOOK_IN_MAIL}`)
      }
      if (reading.state === 'ready') {
        const shown = reading.licenses.filter(({ license }) => license.revokedAtMs === null)
        return { state: 'ready' as const, licenses: shown.map(presentLicense) }
      }
      const pending = presentPending(reading)
      set.headers['retry-after'] = String(pending.retry_after)
      return status(202, pending)
    },
    {
      credential: 'session ID',
      operationId: 'getCheckoutSession',
      response: { 200: ReadySession, 202: PendingSession, ...problems(404, 410, 429, 503) },
      summary: 'Get the license keys of a purchase, for your thank-you page',
      description:
        'Pages of any origin may call this. The keys can be read ten times within an hour after the ' +
        'purchase was processed. Until then, the response is 202, which does not count.',
    },
  )
}

type Pending = Extract<SessionReading, { readonly state: 'pending' }>

function presentPending({ isStuck }: Pending): PendingSession {
  return isStuck
    ? { state: 'pending', retry_after: STUCK_RETRY_SECONDS, hint: STUCK_HINT }
    : { state: 'pending', retry_after: RETRY_SECONDS }
}
