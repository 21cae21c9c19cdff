import { type Static, Type } from '@sinclair/typebox'
import type * as domain from '~/domain/customers.ts'
import { Activation } from './activations.ts'
import { Event } from './events.ts'
import { Email } from './fields.ts'
import { License } from './licenses.ts'
import { Seat } from './seats.ts'
import { ExportedEntry } from './usage.ts'

export const CustomerBody = Type.Object(
  { customer_email: Email },
  { additionalProperties: false, examples: [{ customer_email: 'dev@example.com' }] },
)
export type CustomerBody = Static<typeof CustomerBody>

export const Erasure = Type.Object(
  {
    license_ids: Type.Array(Type.String(), { description: 'Their e-mail and name are blank now.' }),
    events: Type.Integer({ description: 'How many had them blanked.' }),
    kept_answers: Type.Integer({ description: 'How many answers kept for a repeat were dropped.' }),
    validations: Type.Integer({
      description: 'How many of the usage history lost address and fingerprint.',
    }),
    out_of_reach: Type.Array(Type.String(), {
      description: 'Where the customer may stand still, for you to see to.',
    }),
  },
  {
    title: 'Erasure',
    description: 'What was erased, and what could not be.',
    examples: [
      {
        license_ids: ['lic_01jg3m8v5mf1x8yq1r5c2w7h3k'],
        events: 4,
        kept_answers: 1,
        validations: 1250,
        out_of_reach: ['backups made before now', 'webhooks delivered before now'],
      },
    ],
  },
)
export type Erasure = Static<typeof Erasure>

/** All that is kept of a customer. The arrays may be long: they are written as they are read. */
export const CustomerExport = Type.Object(
  {
    customer_email: Type.String(),
    licenses: Type.Array(License),
    activations: Type.Array(Activation),
    seats: Type.Array(Seat),
    events: Type.Array(Event),
    usage: Type.Array(ExportedEntry),
  },
  {
    title: 'CustomerExport',
    description: 'All that is kept of the customer.',
    examples: [
      {
        customer_email: 'dev@example.com',
        licenses: License.examples,
        activations: Activation.examples,
        seats: [],
        events: Event.examples,
        usage: [],
      },
    ],
  },
)

const outOfReach = [
  'backups made before now',
  'webhooks delivered before now',
  'fingerprints that devices and seats are held by: free those',
  'metadata and external_ref of the licenses: change those',
  'usage and names from before a license went to another e-mail address',
]

export function presentErasure(erasure: domain.Erasure): Erasure {
  return {
    license_ids: [...erasure.licenseIds],
    events: erasure.events,
    kept_answers: erasure.storedResponses,
    validations: erasure.validations,
    out_of_reach: [...outOfReach],
  }
}
