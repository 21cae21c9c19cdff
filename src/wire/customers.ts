import type { Static } from '@sinclair/typebox'
import type * as domain from '~/domain/customers.ts'
import { Activation } from './activations.ts'
import { CheckoutEventWithBody } from './checkout-events.ts'
import { Event } from './events.ts'
import { Email, exampleId } from './fields.ts'
import { License } from './licenses.ts'
import { Mail } from './mails.ts'
import { ExportedPortalSession } from './portal-sessions.ts'
import { Seat } from './seats.ts'
import { Type } from './type.ts'
import { ExportedEntry } from './usage.ts'

export const CustomerBody = Type.Request(
  'CustomerRequest',
  [{ customer_email: 'dev@example.com' }],
  { customer_email: Email },
)

/** Copies that an erasure does not reach. The vendor has to take care of them. */
const outOfReach = [
  'backups made before the erasure',
  'webhooks delivered before the erasure',
  'emails sent before the erasure, and the records of your shop',
  'fingerprints of activated devices and of seats in use: deactivate or release them',
  'metadata and external_ref of the licenses: change them',
  'usage and names from before a license was assigned to another email address',
  'damaged usage files that were set aside: delete them once you no longer need them',
]

export const Erasure = Type.Response(
  'Erasure',
  'The data that was erased, and the data that could not be.',
  {
    license_ids: [exampleId('lic')],
    events: 4,
    kept_answers: 1,
    checkout_events: 3,
    validations: 1250,
    out_of_reach: outOfReach.slice(0, 2),
  },
  {
    license_ids: Type.Array(Type.String(), {
      description: 'Licenses whose email address and name were redacted.',
    }),
    events: Type.Count('The number of events that were redacted.'),
    kept_answers: Type.Count('The number of stored idempotent responses that were deleted.'),
    checkout_events: Type.Count('The number of raw events of shops that were deleted.'),
    validations: Type.Count(
      'The number of validations whose IP address and fingerprint were deleted.',
    ),
    out_of_reach: Type.Array(Type.String(), {
      description:
        'Places that may still contain data of the customer. Take care of them yourself.',
    }),
  },
)
export type Erasure = Static<typeof Erasure>

/** The arrays can be long, so the response is streamed. */
export const CustomerExport = Type.Response(
  'CustomerExport',
  'All data stored about a customer.',
  {
    customer_email: 'dev@example.com',
    licenses: License.examples,
    activations: Activation.examples,
    seats: [],
    events: Event.examples,
    mails: Mail.examples,
    checkout_events: CheckoutEventWithBody.examples,
    portal_sessions: ExportedPortalSession.examples,
    usage: [],
  },
  {
    customer_email: Type.String(),
    licenses: Type.Array(License),
    activations: Type.Array(Activation),
    seats: Type.Array(Seat),
    events: Type.Array(Event),
    mails: Type.Array(Mail),
    checkout_events: Type.Array(CheckoutEventWithBody),
    portal_sessions: Type.Array(ExportedPortalSession),
    usage: Type.Array(ExportedEntry),
  },
)

export function presentErasure(erasure: domain.Erasure): Erasure {
  return {
    license_ids: [...erasure.licenseIds],
    events: erasure.events,
    kept_answers: erasure.storedResponses,
    checkout_events: erasure.checkoutEvents,
    validations: erasure.validations,
    out_of_reach: [...outOfReach],
  }
}
