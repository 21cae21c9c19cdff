import { createHmac } from 'node:crypto'
import { assert } from '~/assert.ts'
import type { Decision } from './decisions.ts'
import { eventTypes } from './events.ts'
import { Fault, invalidField } from './faults.ts'
import { DAY_MS } from './times.ts'

const URL_LENGTH_MAX = 2048
export const SECRET_BYTES = 32
const SECRET_PREFIX = 'whsec_'
const SECRET_OVERLAP_MS = DAY_MS

/** Paused by the vendor, or disabled by Licet: it answered 410, or failed for five days. */
export type EndpointState = 'enabled' | 'paused' | 'disabled_gone' | 'disabled_failing'

/** Where a vendor wants to be told of events. Secrets are sealed; times are ms. */
export interface Endpoint {
  readonly id: string
  readonly url: string
  /** Event types, `license.*` and the like, or `*`. */
  readonly events: readonly string[]
  readonly description: string | null
  readonly state: EndpointState
  readonly secretSealed: string
  /** The secret before the last rotation, which signs beside the new one for a while. */
  readonly formerSecret: { readonly secretSealed: string; readonly validUntilMs: number } | null
  /** The first failure since the last success. */
  readonly failingSinceMs: number | null
  readonly createdAtMs: number
}

/** Whether the text is `*`, an event type, or a noun such as `license.*`. */
export function isEventPattern(text: string): boolean {
  return eventTypes.some((type) => matchesPattern([text], type))
}

/** Whether an endpoint with these patterns is told of this type of event. */
export function matchesPattern(patterns: readonly string[], type: string): boolean {
  const nounPattern = `${type.slice(0, type.indexOf('.'))}.*`
  return patterns.some((pattern) => pattern === '*' || pattern === type || pattern === nounPattern)
}

/** Why Licet disabled the endpoint; null when it did not. */
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

/** Changes what is given. Failures belong to the URL that they were met at. */
export function editEndpoint(endpoint: Endpoint, edit: EndpointEdit): Endpoint {
  const { url = endpoint.url, events = endpoint.events, description, isEnabled } = edit
  const edited: Endpoint = {
    ...endpoint,
    url,
    events,
    description: description === undefined ? endpoint.description : description,
    failingSinceMs: url === endpoint.url ? endpoint.failingSinceMs : null,
  }
  return isEnabled === undefined ? edited : decideEnabled(edited, isEnabled)
}

/**
 * Whoever pauses an endpoint that was disabled has it keep what comes. Resuming forgets past failures:
 * otherwise the next one would disable the endpoint again.
 */
export function decideEnabled(endpoint: Endpoint, isEnabled: boolean): Endpoint {
  if (endpoint.state === (isEnabled ? 'enabled' : 'paused')) return endpoint
  return isEnabled
    ? { ...endpoint, state: 'enabled', failingSinceMs: null }
    : { ...endpoint, state: 'paused' }
}

/** Tells this endpoint alone, whatever it listens to. */
export function decidePing(endpoint: Endpoint): Decision<Endpoint> {
  if (endpoint.state !== 'enabled') {
    throw new Fault('invalid_transition', 'Enable the endpoint first, then test it.')
  }
  const extra = { webhook: webhookSummary(endpoint) }
  return {
    result: endpoint,
    changes: [],
    events: [{ type: 'webhook.test', licenseId: null, endpointId: endpoint.id, extra }],
  }
}

/** Without the path and query, which may hold a secret that others must not learn. */
export function webhookSummary({ id, url }: Endpoint) {
  return { id, host: new URL(url).host }
}

/** The old secret signs for 24 hours more; another rotation ends an earlier overlap. */
export function decideRotation(endpoint: Endpoint, secretSealed: string, nowMs: number): Endpoint {
  return {
    ...endpoint,
    secretSealed,
    formerSecret: {
      secretSealed: endpoint.secretSealed,
      validUntilMs: nowMs + SECRET_OVERLAP_MS,
    },
  }
}

/** The sealed secrets that sign at this instant, the newest first. */
export function signingSecrets(
  { secretSealed, formerSecret }: Pick<Endpoint, 'secretSealed' | 'formerSecret'>,
  nowMs: number,
): readonly string[] {
  if (formerSecret === null || nowMs >= formerSecret.validUntilMs) return [secretSealed]
  return [secretSealed, formerSecret.secretSealed]
}

/** `whsec_` and the base64 of 32 random bytes (Standard Webhooks 1.0, §Signature scheme). */
export function createSecret(randomBytes: Uint8Array): string {
  assert(randomBytes.length === SECRET_BYTES, `a webhook secret is ${SECRET_BYTES} bytes`)
  return SECRET_PREFIX + Buffer.from(randomBytes).toString('base64')
}

/**
 * The value of `webhook-signature`: for each opened secret, `v1,` and the base64 HMAC-SHA256 of
 * `id.timestamp.body`, joined by spaces (Standard Webhooks 1.0, §Signature scheme).
 */
export function signatureHeader(
  secrets: readonly string[],
  id: string,
  timestampSeconds: number,
  body: string,
): string {
  const signed = `${id}.${timestampSeconds}.${body}`
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
      return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
    })
    .join(' ')
}

/** Public, private but on the operator's list of exemptions, or out of bounds. */
export type AddressVerdict = 'public' | 'exempt' | 'refused'

/** What may be reached. Plain http is for exempt addresses only. */
export interface AddressGuard {
  readonly judge: (address: string) => AddressVerdict
  readonly hasExemptions: boolean
}

/**
 * Reads the URL of an endpoint into its canonical form. Throws a Fault at `/url` for what no try
 * could ever reach; where a name leads is judged at each try, because names change their minds.
 */
export function parseEndpointUrl(text: string, guard: AddressGuard): string {
  const url = URL.parse(text)
  if (url === null) throw refuse('Give a whole URL, such as https://hooks.example.com/licet.')
  if (url.href.length > URL_LENGTH_MAX) {
    throw refuse(`Give a URL of at most ${URL_LENGTH_MAX} characters, in its encoded form.`)
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refuse('Give a URL that begins with https://.')
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse('Leave out the user name and password: deliveries are signed instead.')
  }
  if (url.hash !== '') throw refuse('Leave out the part from # on: it is never sent.')
  const verdict = judgeHost(url.hostname, guard)
  if (verdict === 'refused') {
    throw refuse('This address is not public. LICET_WEBHOOK_ALLOW_CIDRS can allow it.')
  }
  if (url.protocol === 'http:' && verdict !== 'exempt') {
    throw refuse('Use https. Plain http is only for ranges in LICET_WEBHOOK_ALLOW_CIDRS.')
  }
  return url.href
}

/** A name is given the benefit of the doubt as far as the guard could ever grant it. */
function judgeHost(hostname: string, guard: AddressGuard): AddressVerdict {
  const isAddress = /^\[|^[\d.]+$/.test(hostname)
  if (isAddress) return guard.judge(hostname.replace(/^\[|\]$/g, ''))
  return guard.hasExemptions ? 'exempt' : 'public'
}

const refuse = (detail: string) => invalidField('/url', detail)
