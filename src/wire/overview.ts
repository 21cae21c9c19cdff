import type { Static } from '@sinclair/typebox'
import { openCheckoutStates } from '~/domain/checkout-events.ts'
import { type Concern, expiryWindows, type LicenseCounts } from '~/domain/overview.ts'
import { OptionalTime, Time } from './fields.ts'
import { Type } from './type.ts'

const count = (description: string) => Type.Count(description)

const Licenses = Type.Object(
  {
    total: count('All licenses.'),
    active: count('Licenses that are valid now.'),
    suspended: count('Licenses that are suspended.'),
    expired: count('Licenses whose term and grace period are over.'),
    revoked: count('Licenses that are revoked.'),
    expiring: Type.Array(
      Type.Object(
        {
          within_days: count('How many days ahead.'),
          count: count('Licenses that expire within these days, up to 10,000.'),
          at_least: Type.Boolean({ description: 'Whether there are more than `count`.' }),
        },
        { title: 'ExpiringCount' },
      ),
    ),
  },
  { title: 'LicenseCounts', description: 'The licenses by their status.' },
)

const Today = Type.Object(
  {
    since: Time,
    valid: count('Validations that were valid.'),
    refused: count('Validations that were refused.'),
    by_error: Type.Record(Type.String(), Type.Integer(), {
      description: 'The refused ones by their error.',
    }),
  },
  {
    title: 'ValidationsToday',
    description:
      'The validations of this UTC day. Null without the scope `usage:read`, or while the usage file cannot be read.',
  },
)

const Webhooks = Type.Object(
  {
    failing: count('Endpoints that fail, or that the server has disabled.'),
    pending: count('Deliveries that wait for an attempt, up to 100,000.'),
  },
  { title: 'WebhookCounts', description: 'Null without the scope `webhooks:read`.' },
)

const Checkout = Type.Object(
  Object.fromEntries(
    openCheckoutStates.map((state) => [
      state,
      count(`Events in the state \`${state}\`, up to 10,000.`),
    ]),
  ) as Record<(typeof openCheckoutStates)[number], ReturnType<typeof count>>,
  {
    title: 'OpenCheckoutEvents',
    description: 'Events of shops that are not settled. Null without the scope `checkout:read`.',
  },
)

const Mails = Type.Object(
  {
    pending: count('Mails that wait to be sent, up to 10,000.'),
    failed: count('Mails that could not be sent, up to 10,000.'),
  },
  { title: 'MailCounts', description: 'Null without the scope `checkout:read`.' },
)

const NeedsYou = Type.Object(
  {
    code: Type.Described('A code that does not change, such as `webhook_failing`.'),
    detail: Type.Described('What is wrong, and what to do.'),
    path: Type.Described('The path of the API where it is found.'),
  },
  { title: 'Concern', description: 'Something that a person should do.' },
)

export const Overview = Type.Response(
  'Overview',
  'The state of the business and the server at a glance.',
  {
    licenses: {
      total: 1100,
      active: 1000,
      suspended: 10,
      expired: 80,
      revoked: 10,
      expiring: [{ within_days: 7, count: 12, at_least: false }],
    },
    today: {
      since: '2026-03-06T00:00:00Z',
      valid: 1247,
      refused: 3,
      by_error: { LICENSE_EXPIRED: 3 },
    },
    webhooks: { failing: 0, pending: 2 },
    checkout: {
      received: 0,
      unmatched: 1,
      waiting_for_customer: 0,
      waiting_for_purchase: 0,
      failed: 0,
    },
    mails: { pending: 0, failed: 0 },
    last_backup_at: '2026-03-05T03:00:00Z',
    needs_you: [
      {
        code: 'checkout_unmatched',
        detail: 'Some checkout events match no rule. Create a rule for them (1).',
        path: '/api/v1/checkout/events?state=unmatched',
      },
    ],
  },
  {
    licenses: Licenses,
    today: Type.Nullable(Today),
    webhooks: Type.Nullable(Webhooks),
    checkout: Type.Nullable(Checkout),
    mails: Type.Nullable(Mails),
    last_backup_at: OptionalTime,
    needs_you: Type.Array(NeedsYou, { description: 'Tasks for a person, most urgent first.' }),
  },
)
export type Overview = Static<typeof Overview>

export function presentLicenseCounts(counts: LicenseCounts): Overview['licenses'] {
  const { total, suspended, expired, revoked } = counts
  const expiring = expiryWindows.flatMap((days, index) => {
    const window = counts.expiring[index]
    if (window === undefined) return []
    return [{ within_days: days, count: window.count, at_least: !window.isComplete }]
  })
  const active = Math.max(0, total - suspended - expired - revoked)
  return { total, active, suspended, expired, revoked, expiring }
}

export const presentConcern = ({ code, detail, path }: Concern) => ({ code, detail, path })
