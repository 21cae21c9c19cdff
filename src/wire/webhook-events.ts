import type { TProperties } from '@sinclair/typebox'
import type { EventType } from '~/domain/events.ts'
import { Activation } from './activations.ts'
import { exampleId, Time } from './fields.ts'
import { License } from './licenses.ts'
import { Type } from './type.ts'

/** The request bodies that webhook endpoints receive. They are published, never parsed. */

/** An event body named `title`, for events of `types` with `data`. */
const eventBody = <const Types extends readonly EventType[]>(
  title: string,
  types: Types,
  data: TProperties,
) =>
  Type.Object(
    {
      id: Type.Described('ID of the event, the same on every attempt.'),
      type: Type.Literals(types),
      timestamp: Time,
      data: Type.Object(data, { title: `${title}Data` }),
    },
    { title },
  )

const PreviousLicense = Type.Partial(License, {
  title: 'PreviousLicense',
  description: 'The previous values of the fields that changed.',
})

const maskedExample = { ...License.examples?.[0], key: 'TO-****-****-****-2F17' }

const license = {
  license: { ...License, examples: [maskedExample] },
  sequence: Type.Integer({
    description: 'The position of the event among those of its license, starting at 1.',
    examples: [3],
  }),
  previous: Type.Optional(PreviousLicense),
}

const LicenseEvent = eventBody(
  'LicenseEvent',
  [
    'license.created',
    'license.activated',
    'license.updated',
    'license.renewed',
    'license.suspended',
    'license.reinstated',
    'license.expiring',
    'license.expired',
    'license.key_rotated',
  ],
  license,
)

const LicenseRevokedEvent = eventBody('LicenseRevokedEvent', ['license.revoked'], {
  ...license,
  reason: Type.Optional(Type.Nullable(Type.Described('The reason, if one was given.'))),
})

const LicenseLimitReachedEvent = eventBody('LicenseLimitReachedEvent', ['license.limit_reached'], {
  ...license,
  limit: Type.Object(
    {
      name: Type.Literals(['domains', 'devices', 'seats']),
      limit: Type.Integer(),
      used: Type.Integer(),
    },
    { title: 'ReachedLimit', examples: [{ name: 'domains', limit: 3, used: 3 }] },
  ),
})

const SharingThreshold = Type.Object(
  {
    name: Type.Literals(['countries_per_day', 'devices_per_day', 'domains_per_day']),
    limit: Type.Integer(),
    count: Type.Count('At least this many on that day.'),
  },
  { title: 'SharingThreshold' },
)

const SharingSuspectedEvent = eventBody('SharingSuspectedEvent', ['license.sharing_suspected'], {
  ...license,
  sharing: Type.Object(
    {
      date: Type.Described('The day in UTC, such as 2026-03-06.'),
      passed: Type.Array(SharingThreshold),
    },
    {
      title: 'SuspectedSharing',
      examples: [{ date: '2026-03-06', passed: [{ name: 'devices_per_day', limit: 5, count: 6 }] }],
    },
  ),
})

const ActivationEvent = eventBody('ActivationEvent', ['activation.created', 'activation.deleted'], {
  ...license,
  activation: Type.Object(
    {
      ...Activation.properties,
      value: Type.Nullable(Type.Described('Null after the customer has been erased.')),
    },
    { title: 'EventActivation', examples: Activation.examples },
  ),
})

const CustomerErasedEvent = eventBody('CustomerErasedEvent', ['customer.erased'], {
  license_ids: Type.Array(Type.String(), { examples: [[exampleId('lic')]] }),
})

const exampleEndpoint = { id: exampleId('whk'), host: 'hooks.example.com' }
const endpoint = {
  id: Type.String(),
  host: Type.Described('The host of its URL. The rest of the URL may be secret.'),
}

const WebhookDisabledEvent = eventBody('WebhookDisabledEvent', ['webhook.disabled'], {
  webhook: Type.Object(
    { ...endpoint, reason: Type.Literals(['gone', 'failing']) },
    { title: 'DisabledWebhook', examples: [{ ...exampleEndpoint, reason: 'gone' }] },
  ),
})

const WebhookTestEvent = eventBody('WebhookTestEvent', ['webhook.test'], {
  webhook: Type.Object(endpoint, { title: 'TestedWebhook', examples: [exampleEndpoint] }),
})

/** Every event type: when it is sent, and the body of the request. */
export const webhookEvents = {
  'license.created': { summary: 'A license was created or imported', body: LicenseEvent },
  'license.activated': {
    summary: 'A license was validated for the first time',
    body: LicenseEvent,
  },
  'license.updated': {
    summary: 'The plan, limits, customer or other fields of a license were changed',
    body: LicenseEvent,
  },
  'license.renewed': { summary: 'A license was renewed', body: LicenseEvent },
  'license.suspended': { summary: 'A license was suspended', body: LicenseEvent },
  'license.reinstated': { summary: 'A suspended license was reinstated', body: LicenseEvent },
  'license.expiring': {
    summary: 'A license expires within 14 days (once per expiration)',
    body: LicenseEvent,
  },
  'license.expired': {
    summary: 'A license and its grace period expired (once per expiration)',
    body: LicenseEvent,
  },
  'license.revoked': { summary: 'A license was revoked', body: LicenseRevokedEvent },
  'license.key_rotated': { summary: 'A license got a new key', body: LicenseEvent },
  'activation.created': { summary: 'A domain or device was activated', body: ActivationEvent },
  'activation.deleted': { summary: 'A domain or device was deactivated', body: ActivationEvent },
  'license.limit_reached': {
    summary: 'A domain, device or seat was refused because of a limit (once a day per limit)',
    body: LicenseLimitReachedEvent,
  },
  'license.sharing_suspected': {
    summary: 'A license exceeded a sharing threshold of its plan (once a day)',
    body: SharingSuspectedEvent,
  },
  'customer.erased': { summary: 'The data of a customer was erased', body: CustomerErasedEvent },
  'webhook.disabled': { summary: 'A webhook endpoint was disabled', body: WebhookDisabledEvent },
  'webhook.test': { summary: 'A test event was requested', body: WebhookTestEvent },
} as const satisfies Readonly<Record<EventType, WebhookOperation>>

interface WebhookOperation {
  readonly summary: string
  readonly body: ReturnType<typeof eventBody>
}

/** Returns an example body with the required fields of its data. */
export function buildEventExample(type: EventType) {
  const { required = [], properties }: ReturnType<typeof Type.Object> =
    webhookEvents[type].body.properties.data
  const data = required.map((name) => [name, properties[name]?.examples?.[0]])
  return {
    id: exampleId('evt'),
    type,
    timestamp: '2026-03-06T12:34:56Z',
    data: Object.fromEntries(data),
  }
}
