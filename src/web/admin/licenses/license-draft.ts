import type { CreateLicenseBody } from '~/wire/license-requests.ts'

export const limitNames = ['max_domains', 'max_devices', 'max_seats'] as const
export type LimitName = (typeof limitNames)[number]

/** A limit as it is entered: a number, none, or empty for that of the plan. */
export interface LimitDraft {
  readonly text: string
  readonly isUnlimited: boolean
}

/** A feature or an entry of the metadata as it is entered. */
export interface EntryDraft {
  readonly name: string
  readonly text: string
}

/** A new license as it is entered. */
export interface LicenseDraft {
  readonly plan: string
  readonly customerEmail: string
  readonly customerName: string
  readonly quantity: string
  readonly expiry: 'plan' | 'day' | 'never'
  readonly expiresOn: string
  readonly limits: Readonly<Record<LimitName, LimitDraft>>
  /** Values of the plan's features that differ, by name. An empty text is the plan's value. */
  readonly features: Readonly<Record<string, string>>
  readonly otherFeatures: readonly EntryDraft[]
  readonly metadata: readonly EntryDraft[]
  readonly reference: string
  readonly key: string
  readonly domains: string
}

const asPlan: LimitDraft = { text: '', isUnlimited: false }

export function createDraft(given: Pick<LicenseDraft, 'plan' | 'customerEmail'>): LicenseDraft {
  return {
    customerName: '',
    quantity: '1',
    expiry: 'plan',
    expiresOn: '',
    limits: { max_domains: asPlan, max_devices: asPlan, max_seats: asPlan },
    features: {},
    otherFeatures: [],
    metadata: [],
    reference: '',
    key: '',
    domains: '',
    ...given,
  }
}

/** The request that the draft stands for. Fields that are empty are omitted. */
export function buildCreation(draft: LicenseDraft): CreateLicenseBody {
  const { customerName, reference, key } = draft
  const expiresAt = buildExpiry(draft)
  const features = buildFeatures(draft)
  const domains = draft.domains.split(/[\s,]+/).filter((domain) => domain !== '')
  const metadata = buildMap(draft.metadata)
  return {
    plan: draft.plan,
    customer_email: draft.customerEmail.trim(),
    ...(customerName.trim() !== '' && { customer_name: customerName.trim() }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...buildLimits(draft.limits),
    ...(features !== null && { features }),
    ...(metadata !== null && { metadata }),
    ...(reference.trim() !== '' && { external_ref: reference.trim() }),
    ...(key.trim() !== '' && { key: key.trim() }),
    ...(domains.length > 0 && { domains }),
  }
}

/** The last moment of the day in the visitor's time zone; null for no end. */
function buildExpiry({ expiry, expiresOn }: LicenseDraft): string | null | undefined {
  if (expiry === 'plan') return undefined
  if (expiry === 'never') return null
  const end = new Date(`${expiresOn}T23:59:59`)
  return Number.isNaN(end.getTime()) ? expiresOn : end.toISOString()
}

function buildLimits(limits: LicenseDraft['limits']): { [Name in LimitName]?: number | null } {
  const given: { [Name in LimitName]?: number | null } = {}
  for (const name of limitNames) {
    const { text, isUnlimited } = limits[name]
    if (isUnlimited) given[name] = null
    else if (text !== '') given[name] = Number(text)
  }
  return given
}

function buildFeatures({ features, otherFeatures }: LicenseDraft) {
  const changed = Object.entries(features).map(([name, text]) => ({ name, text }))
  return buildMap([...changed, ...otherFeatures].filter(({ text }) => text !== ''))
}

function buildMap(
  entries: readonly EntryDraft[],
): Record<string, boolean | number | string> | null {
  const named = entries.filter(({ name }) => name.trim() !== '')
  if (named.length === 0) return null
  return Object.fromEntries(named.map(({ name, text }) => [name.trim(), parseValue(text)]))
}

/** Reads true, false and numbers as such, and anything else as a text. */
export function parseValue(text: string): boolean | number | string {
  const trimmed = text.trim()
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true'
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed
}
