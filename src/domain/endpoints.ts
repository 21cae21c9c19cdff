import { assert } from '~/assert.ts'
import type { EventDraft } from './decisions.ts'
import { eventTypes } from './events.ts'
import { Fault, invalidField } from './faults.ts'
import { DAY_MS } from './times.ts'

const URL_LENGTH_MAX = 2048
export const SECRET_BYTES = 32
export const SECRET_PREFIX = 'whsec_'
const SECRET_OVERLAP_MS = DAY_MS

/** Paused by the vendor, or disabled by Licet after a 410 response or five days of failures. */
export type EndpointState = 'enabled' | 'paused' | 'disabled_gone' | 'disabled_failing'

/** A webhook endpoint: a URL that events are posted to. Secrets are sealed; times are in ms. */
export interface Endpoint {
  readonly id: string
  readonly url: string
  /** Patterns: event types, groups such as `license.*`, or `*`. */
  readonly events: readonly string[]
  readonly description: string | null
  readonly state: EndpointState
  readonly secretSealed: string
  /** The secret before the last rotation; until `validUntilMs` it signs along with the new one. */
  readonly formerSecret: { readonly secretSealed: string; readonly validUntilMs: number } | null
  /** The first failure since the last success. */
  readonly failingSinceMs: number | null
  readonly createdAtMs: number
}

/** Returns whether the string is `*`, an event type, or a group such as `license.*`. */
export function isEventPattern(text: string): boolean {
  return eventTypes.some((type) => matchesPattern([text], type))
}

/** Returns whether an endpoint with these patterns receives events of this type. */
export function matchesPattern(patterns: readonly string[], type: string): boolean {
  const groupPattern = `${type.slice(0, type.indexOf('.'))}.*`
  return patterns.some((pattern) => pattern === '*' || pattern === type || pattern === groupPattern)
}

/** Returns why Licet disabled the endpoint; null if it did not. */
export function disabledReasonOf({ state }: Pick<Endpoint, 'state'>): 'gone' | 'failing' | null {
  if (state === 'disabled_gone') return 'gone'
  return state === 'disabled_failing' ? 'failing' : null
}

export interface EndpointEdit {
  readonly url?: string | undefined
  readonly events?: readonly string[] | undefined
  readonly description?: string | null | undefined
  readonly isEnabled?: boolean | undefined
}

/** Changes the fields given. A new URL starts without failures. */
export function editEndpoint(endpoint: Endpoint, edit: EndpointEdit): Endpoint {
  const { url = endpoint.url, events = endpoint.events, isEnabled } = edit
  const { description = endpoint.description } = edit
  const failingSinceMs = url === endpoint.url ? endpoint.failingSinceMs : null
  const edited: Endpoint = { ...endpoint, url, events, description, failingSinceMs }
  return isEnabled === undefined ? edited : decideEnabled(edited, isEnabled)
}

/**
 * Pauses or resumes an endpoint. Resuming clears past failures, because the next one would
 * otherwise disable the endpoint again.
 */
export function decideEnabled(endpoint: Endpoint, isEnabled: boolean): Endpoint {
  if (endpoint.state === (isEnabled ? 'enabled' : 'paused')) return endpoint
  return isEnabled
    ? { ...endpoint, state: 'enabled', failingSinceMs: null }
    : { ...endpoint, state: 'paused' }
}

/** Returns a test event for this endpoint only. Throws a Fault unless the endpoint is enabled. */
export function decidePing(endpoint: Endpoint): EventDraft {
  if (endpoint.state !== 'enabled') {
    throw new Fault('invalid_transition', 'Enable the endpoint first, then test it.')
  }
  const extra = { webhook: webhookSummary(endpoint) }
  return { type: 'webhook.test', licenseId: null, endpointId: endpoint.id, extra }
}

/** Returns what other endpoints may see: no path or query, because they may contain a secret. */
export function webhookSummary({ id, url }: Endpoint) {
  return { id, host: new URL(url).host }
}

/** Replaces the secret. The old one stays valid for 24 hours, or until the next rotation. */
export function decideRotation(endpoint: Endpoint, secretSealed: string, nowMs: number): Endpoint {
  return {
    ...endpoint,
    secretSealed,
    formerSecret: { secretSealed: endpoint.secretSealed, validUntilMs: nowMs + SECRET_OVERLAP_MS },
  }
}

/** Returns the endpoint without times that only a clock that was ahead can have set. */
export function correctEndpoint(endpoint: Endpoint, nowMs: number): Endpoint {
  const { failingSinceMs, formerSecret } = endpoint
  const validUntilMs = Math.min(formerSecret?.validUntilMs ?? 0, nowMs + SECRET_OVERLAP_MS)
  return {
    ...endpoint,
    failingSinceMs: failingSinceMs === null ? null : Math.min(failingSinceMs, nowMs),
    formerSecret: formerSecret && { ...formerSecret, validUntilMs },
  }
}

/** Returns the sealed secrets that are valid at `nowMs`, newest first. */
export function signingSecrets(
  { secretSealed, formerSecret }: Pick<Endpoint, 'secretSealed' | 'formerSecret'>,
  nowMs: number,
): readonly string[] {
  if (formerSecret === null || nowMs >= formerSecret.validUntilMs) return [secretSealed]
  return [secretSealed, formerSecret.secretSealed]
}

/** Returns `whsec_` and the base64 of 32 bytes (Standard Webhooks 1.0, §Signature scheme). */
export function createSecret(randomBytes: Uint8Array): string {
  assert(randomBytes.length === SECRET_BYTES, `a webhook secret is ${SECRET_BYTES} bytes`)
  return SECRET_PREFIX + btoa(String.fromCharCode(...randomBytes))
}

/** `allowed`: not public, but in a range that the operator has allowed. */
export type AddressKind = 'public' | 'allowed' | 'refused'

/** Decides which addresses webhooks may reach. Plain http is only for allowed ranges. */
export interface AddressGuard {
  readonly classify: (address: string) => AddressKind
  readonly hasAllowedRanges: boolean
}

/**
 * Returns the canonical form of an endpoint URL. Throws a Fault at `/url` if no attempt could ever
 * reach it. A host name is resolved and checked at each attempt, because its addresses may change.
 */
export function parseEndpointUrl(text: string, guard: AddressGuard): string {
  const url = URL.parse(text)
  if (url === null) throw invalidUrl('Use a full URL, such as https://hooks.example.com/licet.')
  if (url.href.length > URL_LENGTH_MAX) {
    throw invalidUrl(`Use a URL of at most ${URL_LENGTH_MAX} characters in its encoded form.`)
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw invalidUrl('Use a URL that starts with https://.')
  }
  if (url.username !== '' || url.password !== '') {
    throw invalidUrl('Remove the user name and password: deliveries are signed instead.')
  }
  if (url.hash !== '') throw invalidUrl('Remove the fragment (from # on): it is never sent.')
  const kind = classifyHost(url.hostname, guard)
  if (kind === 'refused') {
    throw invalidUrl('This address is not public. LICET_WEBHOOK_ALLOW_CIDRS can allow it.')
  }
  if (url.protocol === 'http:' && kind !== 'allowed') {
    throw invalidUrl(
      'Use https. Plain http is allowed only for ranges in LICET_WEBHOOK_ALLOW_CIDRS.',
    )
  }
  return url.href
}

/** A host name may resolve to an allowed address, so it passes here if any range is allowed. */
function classifyHost(hostname: string, guard: AddressGuard): AddressKind {
  const isAddress = /^\[|^[\d.]+$/.test(hostname)
  if (isAddress) return guard.classify(hostname.replace(/^\[|\]$/g, ''))
  return guard.hasAllowedRanges ? 'allowed' : 'public'
}

const invalidUrl = (detail: string) => invalidField('/url', detail)
