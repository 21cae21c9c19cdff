import { assert } from '~/assert.ts'
import { createIds } from '~/deps.ts'
import {
  type Activation,
  type ActivationState,
  buildActivation,
  type LicenseState,
  noActivationState,
} from '~/domain/activations.ts'
import type { ApiKey } from '~/domain/api-keys.ts'
import type { Change } from '~/domain/decisions.ts'
import { type Hostname, parseHostname } from '~/domain/hostnames.ts'
import { decideIssuance, type LicenseOrder } from '~/domain/issuance.ts'
import type { LicenseFile } from '~/domain/license-files.ts'
import type { License, LicenseKey, LicenseSnapshot } from '~/domain/licenses.ts'
import { planDefaults } from '~/domain/plan-defaults.ts'
import type { Plan } from '~/domain/plans.ts'
import type { Product } from '~/domain/products.ts'
import { DAY_MS } from '~/domain/times.ts'
import type { ValidationRecord } from '~/domain/usage.ts'
import type { Commit } from '~/store/port.ts'

export const startMs = Date.parse('2026-03-06T00:00:00Z')

export const createId = createIds({ nowMs: () => startMs })

export function aProduct(given: Partial<Product> = {}): Product {
  return { slug: 'default', name: 'Default product', keyPrefix: 'TO', ...given }
}

export function aPlan(given: Partial<Plan> = {}): Plan {
  return {
    ...planDefaults,
    name: 'Professional',
    slug: 'professional',
    productSlug: 'default',
    ...given,
  }
}

export function aKey(name: string): LicenseKey {
  return {
    keyHash: `hash of ${name}`,
    keySealed: `sealed ${name}`,
    keyMasked: 'TO-****-****-****-2FWA',
    keyLastFour: '2FWA',
  }
}

export function anOrder(given: Partial<LicenseOrder> = {}): LicenseOrder {
  const id = createId('lic')
  return {
    id,
    key: aKey(id),
    customerEmail: 'dev@example.com',
    customerName: null,
    expiresAtMs: undefined,
    overrides: {},
    metadata: {},
    externalRef: null,
    domains: [],
    ...given,
  }
}

/** Returns a new license of the plan, with `facts` changed. */
export function aLicense(plan: Plan = aPlan(), facts: Partial<License> = {}): License {
  const { changes } = decideIssuance(
    { plan, existing: [] },
    [anOrder()],
    () => createId('act'),
    startMs,
  )
  const creation = changes.find((change) => change.type === 'license.create')
  assert(creation, 'an issuance creates a license')
  return { ...creation.license, ...facts }
}

/** Overrides for a valid license of the default plan without activations. */
export interface LicenseScene {
  readonly terms?: Partial<Plan>
  readonly facts?: Partial<License>
  readonly activationState?: Partial<ActivationState>
}

export function aLicenseState({
  terms,
  facts,
  activationState,
}: LicenseScene = {}): LicenseState & LicenseSnapshot {
  const plan = aPlan(terms)
  return { license: aLicense(plan, facts), plan, ...noActivationState, ...activationState }
}

export function aHost(text: string): Hostname {
  const hostname = parseHostname(text)
  assert(hostname !== null, `${text} is a host name`)
  return hostname
}

const draft = () => ({ id: createId('act'), name: null, country: null, nowMs: startMs })

export function aDomain(snapshot: LicenseSnapshot, text: string, isFree = false): Activation {
  const place = { kind: 'domain', hostname: aHost(text) } as const
  return buildActivation(snapshot, place, isFree ? 'free' : 'slot', draft())
}

export function aDevelopmentDomain(snapshot: LicenseSnapshot, text: string): Activation {
  const place = { kind: 'domain', hostname: aHost(text) } as const
  return buildActivation(snapshot, place, 'development', draft())
}

export function aDevice(snapshot: LicenseSnapshot, fingerprint: string): Activation {
  return buildActivation(snapshot, { kind: 'device', fingerprint }, 'slot', draft())
}

/** Returns a change that creates the activation. */
export function buildCreation(activation: Activation): Change {
  return { type: 'activation.create', activation }
}

export function anApiKey(given: Partial<ApiKey> = {}): ApiKey {
  return {
    id: createId('key'),
    name: 'test',
    scopes: ['licenses:read'],
    isReserved: false,
    createdAtMs: startMs,
    expiresAtMs: null,
    lastUsedAtMs: null,
    ...given,
  }
}

/** Returns a valid validation. */
export function aValidation(given: Partial<ValidationRecord> = {}): ValidationRecord {
  return {
    licenseId: 'lic_a',
    planSlug: 'professional',
    productSlug: 'default',
    atMs: startMs,
    error: null,
    domain: null,
    fingerprint: null,
    country: null,
    address: null,
    version: null,
    activatedDomain: null,
    sharing: null,
    ...given,
  }
}

export const aFile = (licenseId: string, given: Partial<LicenseFile> = {}): LicenseFile => ({
  id: 'a-file',
  licenseId,
  activationIds: ['act_a'],
  isFingerprintBound: true,
  domains: ['example.com', '*.example.com'],
  issuedAtMs: startMs,
  expiresAtMs: startMs + 365 * DAY_MS,
  returnHash: 'a-hash',
  returnedAtMs: null,
  ...given,
})

/** A commit that has changed nothing. */
export const noCommit: Commit = {
  licenseIds: [],
  activations: [],
  touchesPlans: false,
  touchesApiKeys: false,
  touchesEdges: false,
  touchesOutbox: false,
  touchesCheckout: false,
  touchesMails: false,
  touchesSigningKeys: false,
  touchesRevocations: false,
  isExternal: false,
}
