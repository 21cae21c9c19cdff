import type { Static } from '@sinclair/typebox'
import { DomainText, Name, Slug } from '../fields.ts'
import { Type } from '../type.ts'

/** The most that the documentation of the batch route allows. */
export const BATCH_MAX = 50
const ID_MAX = 64
const DAYS_MAX = 36_500
const URL_MAX = 2048
const PATTERNS_MAX = 50
const SCOPES_MAX = 30

/** Bodies that the clients of Traffic Orchestrator 2.1.0 send. Fields that they do not know are ignored. */
export const CreateBody = Type.Object({
  appName: Name,
  domain: Type.ClientField(DomainText),
  planId: Type.ClientField(Slug),
})
export type CreateBody = Static<typeof CreateBody>

export const StatusBody = Type.Object({ status: Type.Literals(['active', 'suspended']) })

export const DomainBody = Type.Object({ domain: DomainText })

export const BatchBody = Type.Object({
  action: Type.Literals(['suspend', 'activate', 'extend']),
  licenseIds: Type.Array(Type.Text(ID_MAX), { minItems: 1, maxItems: BATCH_MAX }),
  days: Type.ClientField(Type.IntegerBetween(1, DAYS_MAX, 'By how many days to extend.')),
})
export type BatchBody = Static<typeof BatchBody>

export const ApiKeyBody = Type.Object({
  name: Name,
  scopes: Type.ClientField(Type.Array(Type.Text(ID_MAX), { minItems: 1, maxItems: SCOPES_MAX })),
})
export type ApiKeyBody = Static<typeof ApiKeyBody>

export const WebhookBody = Type.Object({
  url: Type.NonEmpty(URL_MAX, 'An https URL.'),
  events: Type.ClientField(Type.Array(Type.Text(ID_MAX), { minItems: 1, maxItems: PATTERNS_MAX })),
})
export type WebhookBody = Static<typeof WebhookBody>
