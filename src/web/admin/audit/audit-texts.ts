import type { AuditEntry } from '~/wire/audit.ts'

type Actor = AuditEntry['actor']

const kinds: Readonly<Record<Actor['kind'], string>> = {
  key: 'API key',
  operator: 'Operator',
  app: 'App',
  customer: 'Customer',
  checkout: 'Shop',
  command: 'Command line',
  job: 'Job',
}

export const actorKindText = ({ kind }: Pick<Actor, 'kind'>): string => kinds[kind]

/** Kinds of actors whose changes are in the audit, for a filter. */
export const actorKindChoices: readonly (readonly [value: string, text: string])[] = [
  ['operator', 'Any operator'],
  ['key', 'Any API key'],
  ['command', 'Command line'],
  ['checkout', 'Shops'],
  ['customer', 'Customers'],
  ['job', 'Jobs'],
]

/** Returns what a filter by this actor is, or by its kind if it has no ID. */
export const actorFilter = ({ kind, id }: Actor): string => id ?? kind

/** Actions and groups of actions that can be filtered by, for suggestions. */
export const knownActions: readonly string[] = [
  'license.*',
  'license.create',
  'license.update',
  'license.rekey',
  'license.reveal',
  'license.export',
  'activation.*',
  'seat.*',
  'file.*',
  'plan.*',
  'product.*',
  'api_key.*',
  'edge.*',
  'operator.*',
  'session.*',
  'setup_link.*',
  'endpoint.*',
  'checkout_rule.*',
  'checkout_event.*',
  'mail.*',
  'customer.*',
  'usage.*',
  'backup.*',
  'job.*',
  'signing_key.*',
]

const pages: readonly (readonly [action: RegExp, path: (subject: string) => string])[] = [
  [/^plan\.(?!delete)/, (slug) => `/admin/plans/${slug}`],
  [/^(?:plan|product)\./, () => '/admin/plans'],
  [/^api_key\./, () => '/admin/keys'],
  [/^edge\./, () => '/admin/edges'],
  [/^(?:operator|session|setup_link)\./, () => '/admin/operators'],
  [/^(?:endpoint|webhook|delivery)\./, () => '/admin/webhooks'],
  [/^checkout_/, () => '/admin/checkout'],
  [/^mail\.test$/, () => '/admin/health'],
  [/^mail\./, () => '/admin/mails'],
  [/^(?:backup|job)\./, () => '/admin/health'],
]

/** Returns the page that shows the subject of an entry; null if there is none. */
export function findSubjectPage(entry: Pick<AuditEntry, 'action' | 'subject_id'>): string | null {
  const { action, subject_id: subject } = entry
  if (subject.startsWith('lic_')) return `/admin/licenses/${subject}`
  const found = pages.find(([pattern]) => pattern.test(action))
  return found === undefined ? null : found[1](encodeURIComponent(subject))
}

export interface FieldChange {
  readonly name: string
  /** Undefined if the field was not there. */
  readonly before: unknown
  readonly after: unknown
}

/** Lists the fields of an entry, each before and after. */
export function listFields({ before, after }: Pick<AuditEntry, 'before' | 'after'>): FieldChange[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  return [...names].map((name) => ({ name, before: before?.[name], after: after?.[name] }))
}

/** Shows a value as text, such as `none` for null. */
export function formatValue(value: unknown): string {
  if (value === undefined || value === null) return 'none'
  if (typeof value === 'string') return value
  const isPlain = Array.isArray(value) && value.every((one) => typeof one === 'string')
  return isPlain && value.length > 0 ? value.join(', ') : JSON.stringify(value)
}
