import type { TProperties } from '@sinclair/typebox'
import { type EventType, eventTypes } from '~/domain/events.ts'
import { Activation } from './activations.ts'
import { exampleId, Time } from './fields.ts'
import { License } from './licenses.ts'
import { Type } from './type.ts'

/** The request bodies that webhook endpoints receive. They are published, never parsed. */

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

const SharingThreshold = Type.Object(
  {
    name: Type.Literals(['countries_per_day', 'devices_per_day', 'domains_per_day']),
    limit: Type.Integer(),
    count: Type.Count('At least this many on that day.'),
  },
  { title: 'SharingThreshold' },
)

const exampleEndpoint = { id: exampleId('whk'), host: 'hooks.example.com' }
const endpoint = {
  id: Type.String(),
  host: Type.Described('The host of its URL. The rest of the URL may be secret.'),
}

/** The data of each event body, by the title of the body. */
const bodies = {
  LicenseEvent: license,
  LicenseRevokedEvent: {
    ...license,
    reason: Type.Optional(Type.Nullable(Type.Described('The reason, if one was given.'))),
  },
  LicenseLimitReachedEvent: {
    ...license,
    limit: Type.Object(
      {
        name: Type.Literals(['domains', 'devices', 'seats']),
        limit: Type.Integer(),
        used: Type.Integer(),
      },
      { title: 'ReachedLimit', examples: [{ name: 'domains', limit: 3, used: 3 }] },
    ),
  },
  SharingSuspectedEvent: {
    ...license,
    sharing: Type.Object(
      {
        date: Type.Described('The day in UTC, such as 2026-03-06.'),
        passed: Type.Array(SharingThreshold),
      },
      {
        title: 'SuspectedSharing',
        examples: [
          { date: '2026-03-06', passed: [{ name: 'devices_per_day', limit: 5, count: 6 }] },
        ],
      },
    ),
  },
  ActivationEvent: {
    ...license,
    activation: Type.Object(
      {
        ...Activation.properties,
        value: Type.Nullable(Type.Described('Null after the customer has been erased.')),
      },
      { title: 'EventActivation', examples: Activation.examples },
    ),
  },
  CustomerErasedEvent: {
    license_ids: Type.Array(Type.String(), { examples: [[exampleId('lic')]] }),
  },
  WebhookDisabledEvent: {
    webhook: Type.Object(
      { ...endpoint, reason: Type.Literals(['gone', 'failing']) },
      { title: 'DisabledWebhook', examples: [{ ...exampleEndpoint, reason: 'gone' }] },
    ),
  },
  WebhookTestEvent: {
    webhook: Type.Object(endpoint, { title: 'TestedWebhook', examples: [exampleEndpoint] }),
  },
  BackupFailedEvent: {
    backup: Type.Object(
      {
        to: Type.Described('The folder, or the bucket and prefix.'),
        problem: Type.Described('What is wrong, and what to do.'),
        last_success_at: Type.Nullable({
          ...Time,
          description: 'When the last backup succeeded; null if none did.',
        }),
      },
      {
        title: 'FailedBackup',
        examples: [
          {
            to: 's3://acme-backups/licet',
            problem: 's3://acme-backups/licet cannot be used: There is no such bucket.',
            last_success_at: '2026-03-05T02:30:04Z',
          },
        ],
      },
    ),
  },
} satisfies Record<string, TProperties>

type Title = keyof typeof bodies

/** Every event type: the title of its body, and when it is sent. */
const events: Readonly<Record<EventType, readonly [title: Title, summary: string]>> = {
  'license.created': ['LicenseEvent', 'A license was created or imported'],
  'license.activated': ['LicenseEvent', 'A license was validated for the first time'],
  'license.updated': [
    'LicenseEvent',
    'The plan, limits, customer or other fields of a license were changed',
  ],
  'license.renewed': ['LicenseEvent', 'A license was renewed'],
  'license.suspended': ['LicenseEvent', 'A license was suspended'],
  'license.reinstated': ['LicenseEvent', 'A suspended license was reinstated'],
  'license.expiring': ['LicenseEvent', 'A license expires within 14 days (once per expiration)'],
  'license.expired': [
    'LicenseEvent',
    'A license and its grace period expired (once per expiration)',
  ],
  'license.revoked': ['LicenseRevokedEvent', 'A license was revoked'],
  'license.key_rotated': ['LicenseEvent', 'A license got a new key'],
  'activation.created': ['ActivationEvent', 'A domain or device was activated'],
  'activation.deleted': ['ActivationEvent', 'A domain or device was deactivated'],
  'license.limit_reached': [
    'LicenseLimitReachedEvent',
    'A domain, device or seat was refused because of a limit (once a day per limit)',
  ],
  'license.sharing_suspected': [
    'SharingSuspectedEvent',
    'A license exceeded a sharing threshold of its plan (once a day)',
  ],
  'customer.erased': ['CustomerErasedEvent', 'The data of a customer was erased'],
  'webhook.disabled': ['WebhookDisabledEvent', 'A webhook endpoint was disabled'],
  'webhook.test': ['WebhookTestEvent', 'A test event was requested'],
  'backup.failed': [
    'BackupFailedEvent',
    'A scheduled backup failed (once until one succeeds again)',
  ],
}

function buildBody(title: Title) {
  const types = eventTypes.filter((type) => events[type][0] === title)
  return Type.Object(
    {
      id: Type.Described('ID of the event, the same on every attempt.'),
      type: Type.Literals(types),
      timestamp: Time,
      data: Type.Object(bodies[title], { title: `${title}Data` }),
    },
    { title },
  )
}

/** Returns when an event is sent, and the body of the request. */
export function describeWebhookEvent(type: EventType) {
  const [title, summary] = events[type]
  return { summary, body: buildBody(title) }
}

/** Returns an example body with the required fields of its data. */
export function buildEventExample(type: EventType) {
  const { required = [], properties } = Type.Object<TProperties>(bodies[events[type][0]])
  const data = required.map((name) => [name, properties[name]?.examples?.[0]])
  return {
    id: exampleId('evt'),
    type,
    timestamp: '2026-03-06T12:34:56Z',
    data: Object.fromEntries(data),
  }
}
