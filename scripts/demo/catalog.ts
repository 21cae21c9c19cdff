const DAY_SECONDS = 86_400

export const products = [
  { slug: 'canvas', name: 'Canvas Studio', key_prefix: 'CANVAS' },
  { slug: 'formkit', name: 'FormKit for WordPress', key_prefix: 'FORM' },
  { slug: 'ledger', name: 'Ledger', key_prefix: 'LEDGER' },
]

/** The kind of place that licenses of a plan are used on. */
export type Place = 'device' | 'domain' | 'seat'

export interface DemoPlan {
  readonly slug: string
  readonly product: string
  readonly place: Place
  /** The number of slots or seats. */
  readonly size: number
  readonly days: number | null
  /** How often it is sold. */
  readonly weight: number
  /** The further fields that the API gets. */
  readonly fields: object
}

export const plans: readonly DemoPlan[] = [
  {
    slug: 'canvas-personal',
    product: 'canvas',
    place: 'device',
    size: 2,
    days: 365,
    weight: 30,
    fields: {
      name: 'Canvas Personal',
      max_devices: 2,
      require_fingerprint: true,
      grace_days: 14,
      features: { export_pdf: true, cloud_sync: false },
      deactivations_max_per_30_days: 3,
      sharing: { countries_per_day: 4, devices_per_day: 10 },
    },
  },
  {
    slug: 'canvas-team',
    product: 'canvas',
    place: 'seat',
    size: 5,
    days: 365,
    weight: 12,
    fields: {
      name: 'Canvas Team (floating)',
      max_seats: 5,
      seat_lease_seconds: DAY_SECONDS,
      borrow_days_max: 14,
      grace_days: 14,
      features: { export_pdf: true, cloud_sync: true, sso: true },
    },
  },
  {
    slug: 'canvas-trial',
    product: 'canvas',
    place: 'device',
    size: 1,
    days: 14,
    weight: 18,
    fields: {
      name: 'Canvas Trial',
      max_devices: 1,
      require_fingerprint: true,
      starts_on: 'first_validation',
      offline: null,
      features: { export_pdf: false },
    },
  },
  {
    slug: 'formkit-single',
    product: 'formkit',
    place: 'domain',
    size: 1,
    days: 365,
    weight: 24,
    fields: {
      name: 'FormKit Single Site',
      max_domains: 1,
      require_domain: true,
      domain_match: 'subdomains',
      development_domains_free: false,
      free_domain_patterns: ['staging.*', 'dev.*'],
      grace_days: 7,
      features: { conditional_logic: true, payments: false },
    },
  },
  {
    slug: 'formkit-agency',
    product: 'formkit',
    place: 'domain',
    size: 25,
    days: 365,
    weight: 9,
    fields: {
      name: 'FormKit Agency',
      max_domains: 25,
      require_domain: true,
      development_domains_free: false,
      free_domain_patterns: ['staging.*', 'dev.*'],
      grace_days: 14,
      features: { conditional_logic: true, payments: true, white_label: true },
    },
  },
  {
    slug: 'ledger-pro',
    product: 'ledger',
    place: 'device',
    size: 3,
    days: null,
    weight: 16,
    fields: {
      name: 'Ledger Pro (monthly)',
      max_devices: 3,
      activation: 'explicit',
      require_fingerprint: true,
      grace_days: 3,
      features: { bank_feeds: true, users: 3 },
    },
  },
]

export const operators = ['Mara Lindqvist', 'Jonas Weber', 'Priya Raman'] as const
export type OperatorName = (typeof operators)[number]

export const BROKEN_URL = 'https://erp.brightforge.example/hooks/licet'

export const webhooks = [
  {
    url: 'https://hooks.brightforge.example/licet',
    events: ['license.*'],
    description: 'Customer database',
  },
  {
    url: 'https://chat.brightforge.example/services/T02/B07',
    events: ['license.revoked', 'license.suspended', 'license.sharing_suspected'],
    description: 'Channel #licensing',
  },
  { url: BROKEN_URL, events: ['license.created', 'license.renewed'], description: 'Bookkeeping' },
]

/** The prices of the shop that a rule maps to a plan. */
export const rules = [
  { provider: 'standard', price: 'price_canvas_personal', plan: 'canvas-personal' },
  { provider: 'standard', price: 'price_canvas_team', plan: 'canvas-team' },
  { provider: 'standard', price: 'price_formkit_single', plan: 'formkit-single' },
  { provider: 'standard', price: 'price_formkit_agency', plan: 'formkit-agency' },
  { provider: 'standard', price: 'price_ledger_pro', plan: 'ledger-pro' },
  { provider: 'paddle', price: 'pri_01ledgerpro', plan: 'ledger-pro' },
].map((rule) => ({ ...rule, mail: { key: true, file: false, expiring: true, past_due: true } }))

/** Returns the price of a plan in the shop. */
export const priceOf = ({ slug }: Pick<DemoPlan, 'slug'>) => `price_${slug.replaceAll('-', '_')}`
