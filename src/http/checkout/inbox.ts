import { Elysia } from 'elysia'
import { identifyEvent, nameType } from '~/checkout/event-ids.ts'
import { parseRawBody, sealRawEvent } from '~/checkout/raw-events.ts'
import { isSigned } from '~/checkout/signatures.ts'
import type { Deps } from '~/deps.ts'
import { buildCheckoutActor } from '~/domain/actors.ts'
import { Fault } from '~/domain/faults.ts'
import type { Provider } from '~/domain/purchases.ts'
import { CheckoutReceipt, ReceiveEventQuery, SignedBody } from '~/wire/checkout-inbox.ts'
import { problems } from '~/wire/problems.ts'
import type { ClientAddressOf } from '../plugins/client-address.ts'
import { createRateLimit } from '../plugins/rate-limits.ts'
import { requestState } from '../plugins/requests.ts'
import { openOptions } from '../plugins/route-options.ts'
import { requireProvider } from './require-provider.ts'

const EVENT_BYTES_MAX = 524_288
/** More than a provider sends by mistake, such as after its secret has changed. */
const REJECTIONS_MAX = 300

/** The headers that translations read. */
const KEPT_HEADERS = ['webhook-id'] as const

/** Keeps a byte order mark, so that the stored body has the signed bytes. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type InboxDeps = Pick<
  Deps,
  'store' | 'vault' | 'clock' | 'createId' | 'metrics' | 'checkoutSecrets'
>

interface Arrival {
  readonly headers: Headers
  readonly body: Uint8Array
}

/** Receives the signed events of providers and only stores them: a job processes them later. */
export const checkoutInboxRoutes = (
  deps: InboxDeps,
  { clientAddressOf }: { readonly clientAddressOf: ClientAddressOf },
) => {
  const { store, clock, metrics } = deps
  const rateLimit = createRateLimit(() => clock.elapsedMs(), { failuresMax: REJECTIONS_MAX })

  function reject(provider: Provider, request: Request): Fault {
    metrics.checkoutEvents.inc({ provider, outcome: 'rejected' })
    rateLimit.recordFailure(clientAddressOf(request))
    return new Fault(
      'event_rejected',
      'The event was rejected. Send JSON in UTF-8, signed within the last five minutes with a secret ' +
        `from LICET_${provider.toUpperCase()}_SECRETS.`,
    )
  }

  return new Elysia({ tags: ['Checkout'] }).macro(openOptions).post(
    '/checkout/:provider',
    async ({ params, query, body, request }) => {
      const provider = requireProvider(params.provider, deps.checkoutSecrets)
      const nowMs = clock.nowMs()
      const arrival = { headers: request.headers, body }
      const event = buildEvent(deps, provider, arrival, nowMs)
      if (event === null) throw reject(provider, request)
      const { isNew } = await store.checkout.events.accept(
        { ...event, endpointLabel: query.endpoint ?? null },
        {
          actor: buildCheckoutActor(provider),
          requestId: requestState(request).id,
          nowMs,
          idempotency: null,
        },
      )
      metrics.checkoutEvents.inc({ provider, outcome: isNew ? 'stored' : 'repeated' })
      return {}
    },
    {
      credential: 'signature',
      operationId: 'receiveCheckoutEvent',
      bodyBytesMax: EVENT_BYTES_MAX,
      query: ReceiveEventQuery,
      body: SignedBody,
      response: { 200: CheckoutReceipt, ...problems(400, 404, 413, 422, 429, 503) },
      summary: 'Receive an event from a shop',
      description:
        'The supported shops send their own events here. Any other shop can send the `standard` ' +
        'event, which is shown here. Instead of an API key, an event has a signature, made with a ' +
        'secret from `LICET_STRIPE_SECRETS` or the like. A provider without a secret gets 404.',
    },
  )
}

/** Returns null for an event that is forged, too old or not a JSON object. */
function buildEvent(
  { vault, createId, checkoutSecrets }: InboxDeps,
  provider: Provider,
  arrival: Arrival,
  nowMs: number,
) {
  if (!isSigned(provider, arrival, checkoutSecrets.signing[provider], nowMs)) return null
  const text = decodeText(arrival.body)
  const parsed = text === null ? null : parseRawBody(text)
  if (text === null || parsed === null) return null
  return {
    id: createId('chk'),
    provider,
    key: identifyEvent(provider, parsed, arrival),
    type: nameType(provider, parsed),
    bodySealed: sealRawEvent(vault, { body: text, headers: pickHeaders(arrival.headers) }),
    receivedAtMs: nowMs,
  }
}

function decodeText(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

function pickHeaders(headers: Headers): Record<string, string> {
  const entries = KEPT_HEADERS.map((name) => [name, headers.get(name)])
  return Object.fromEntries(entries.filter(([, value]) => value !== null))
}
