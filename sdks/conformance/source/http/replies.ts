import {
  ACTIVATION_ID,
  buildAnswer,
  buildLease,
  buildRefusal,
  DAY,
  formatTime,
  PRODUCT,
  features as sampleFeatures,
} from '../samples.ts'
import { type Claims, signToken, type TokenType } from '../sign-token.ts'
import { hashToBase64url, type TestKey, testKeys } from '../test-keys.ts'
import type { Flaws, Reply } from './scenario.ts'

const OTHER_NONCE = 'nonce-of-another-request'

export interface FixtureRequest {
  readonly path: string
  readonly body: string
}

export interface FixtureResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The replies that are responses, and not something that happens to the connection. */
export type ResponseReply = Exclude<
  Reply,
  { send: 'replay' | 'nothing' | 'reset' | 'slow' | 'endless' }
>

/** Returns the response to a request, signed at `nowSeconds`. */
export function buildResponse(
  reply: ResponseReply,
  request: FixtureRequest,
  nowSeconds: number,
): FixtureResponse {
  const asked = readAsked(request.body)
  switch (reply.send) {
    case 'lease':
    case 'answer': {
      const features = reply.features ?? sampleFeatures
      const iat = nowSeconds - (reply.ageSeconds ?? 0)
      const changes = { ...describeLicense(asked, iat), features }
      const body = { valid: true, license: describe(changes), warnings: [] }
      const isLease = reply.send === 'lease' && asked.lease === true
      const signed = isLease
        ? sign('licet-lease+jwt', buildLease(bind(changes, asked), iat), reply, request)
        : sign('licet-answer+jwt', buildAnswer(changes, iat), reply, request)
      return json(reply.status ?? 200, { ...body, ...signed })
    }
    case 'refusal': {
      const { error, message } = reply
      const claims = buildRefusal(error, message, {}, nowSeconds)
      const signed = sign('licet-answer+jwt', claims, reply, request)
      return json(reply.status ?? 200, { valid: false, error, message, ...signed })
    }
    case 'activation': {
      const claims = buildLease(bind(describeLicense(asked, nowSeconds), asked), nowSeconds)
      const signed = sign('licet-lease+jwt', claims, reply, request)
      return json(200, { ...presentActivation(asked), ...signed })
    }
    case 'seat': {
      const { sea = { id: SEAT_ID, exp: nowSeconds + DAY } } = reply
      const changes = { ...describeLicense(asked, nowSeconds), sea }
      const signed =
        asked.lease === true
          ? sign('licet-lease+jwt', buildLease(bind(changes, asked), nowSeconds), reply, request)
          : sign('licet-answer+jwt', buildAnswer(changes, nowSeconds), reply, request)
      const body = sea === null ? presentSeat(nowSeconds + DAY) : presentSeat(sea.exp)
      return json(200, { ...body, ...reply.body, ...signed })
    }
    case 'problem': {
      const { status, code, details } = reply
      const body = { type: 'about:blank', title: code, status, detail: 'See the code.', code }
      const more = { request_id: 'req_fixture', ...(details && { details }) }
      return { ...json(status, { ...body, ...more }), headers: problemHeaders }
    }
    case 'response': {
      const ahead = reply.retryAfterDateSeconds
      const date = ahead === undefined ? null : new Date((nowSeconds + ahead) * 1000).toUTCString()
      const headers = { ...reply.headers, ...(date !== null && { 'retry-after': date }) }
      return { status: reply.status, headers, body: reply.body ?? '' }
    }
  }
}

const SEAT_ID = 'seat_01kf0000000000000000000003'
const problemHeaders = { 'content-type': 'application/problem+json' }

function json(status: number, body: object): FixtureResponse {
  const headers = { 'content-type': 'application/json' }
  return { status, headers, body: JSON.stringify(body) }
}

function readAsked(body: string): Claims {
  try {
    return JSON.parse(body) ?? {}
  } catch {
    return {}
  }
}

function describeLicense({ product }: Claims, iat: number): Claims {
  return { aud: product ?? PRODUCT, end: iat + 365 * DAY }
}

/** Binds a lease to the device and domain of its request, like a server. */
function bind(changes: Claims, { fingerprint, domain }: Claims): Claims {
  const fp = typeof fingerprint === 'string' ? hashToBase64url(fingerprint) : null
  return { ...changes, fp, dom: typeof domain === 'string' ? [domain] : null }
}

function describe({ features, end }: Claims): Claims {
  const { sub: id, plan } = buildLease()
  return { id, plan, expiresAt: formatTime(Number(end)), features }
}

function presentActivation({ fingerprint, domain }: Claims): Claims {
  return {
    id: ACTIVATION_ID,
    license_id: buildLease().sub,
    kind: domain === undefined ? 'device' : 'domain',
    value: domain ?? fingerprint,
    name: null,
    free: false,
    created_at: '2027-01-15T08:00:00Z',
    last_seen_at: '2027-01-15T08:00:00Z',
    country: null,
  }
}

function presentSeat(exp: number): Claims {
  return { id: SEAT_ID, expires_at: formatTime(exp) }
}

const keys: Readonly<Record<NonNullable<Flaws['key']>, TestKey>> = {
  next: testKeys.next,
  stranger: testKeys.stranger,
  'stranger-as-active': { ...testKeys.stranger, kid: testKeys.active.kid },
}

/** Returns `signed` for a request that asked for it, with the flaws of the reply. */
function sign(type: TokenType, claims: Claims, flaws: Flaws, request: FixtureRequest): object {
  const { nonce } = readAsked(request.body)
  if (flaws.unsigned || typeof nonce !== 'string') return {}
  const others = { other: OTHER_NONCE, none: null }
  const hashes = { other: hashToBase64url('{}'), none: null }
  const non = flaws.nonce ? others[flaws.nonce] : nonce
  const req = flaws.request ? hashes[flaws.request] : hashToBase64url(request.body)
  const rte = flaws.route ?? request.path.replace('/api/v1', '')
  const key = flaws.key ? keys[flaws.key] : testKeys.active
  const token = signToken(key, type, { ...claims, non, req, rte })
  return { signed: flaws.broken ? breakSignature(token) : token }
}

function breakSignature(token: string): string {
  return `${token.slice(0, -6)}${token.endsWith('AAAAAA') ? 'BBBBBA' : 'AAAAAA'}`
}
