import { type Claims, signToken, type TokenType } from './sign-token.ts'
import { hashToBase64url, type TestKey, testKeys } from './test-keys.ts'

/** When the samples were issued: 2027-01-15T08:00:00Z. All times are in seconds. */
export const T0 = 1_800_000_000
export const HOUR = 3600
export const DAY = 86_400

export const PRODUCT = 'acme-editor'
export const FINGERPRINT = 'device-1'
export const LICENSE_ID = 'lic_01kf0000000000000000000001'
export const ACTIVATION_ID = 'act_01kf0000000000000000000002'
export const NONCE = 'nonce-of-this-request-01'
export const REQUEST = JSON.stringify({
  key: 'TO-7Q4M-X0ZD-9KTB-2F17',
  fingerprint: FINGERPRINT,
  product: PRODUCT,
  lease: true,
  nonce: NONCE,
})
export const pinned = [testKeys.active.x, testKeys.next.x]
export const features = { sso: true, projects: 10, tier: 'gold' }

/** Returns the claims of a lease issued at `iat`: refresh after 1 day, valid 7 days, hard limit 30. */
export function buildLease(changes: Claims = {}, iat = T0): Claims {
  const terms = { rfa: iat + DAY, vld: iat + 7 * DAY, exp: iat + 30 * DAY }
  return { ...buildCommon(iat), ...terms, non: NONCE, req: hashToBase64url(REQUEST), ...changes }
}

/** Returns the claims of a file issued at `iat` for 365 days, bound to the sample device. */
export function buildFile(changes: Claims = {}, iat = T0): Claims {
  const exp = iat + 365 * DAY
  const ret = 'AAECAwQFBgcICQoLDA0ODw'
  return { ...buildCommon(iat), rfa: exp, vld: exp, exp, ret, non: null, req: null, ...changes }
}

function buildCommon(iat: number): Claims {
  return {
    ...buildStamp(iat),
    aud: PRODUCT,
    sub: LICENSE_ID,
    valid: true,
    plan: 'professional',
    features,
    warnings: [],
    fp: hashToBase64url(FINGERPRINT),
    dom: null,
    act: [ACTIVATION_ID],
    sea: null,
    end: T0 + 365 * DAY,
    rev: 12,
  }
}

function buildStamp(iat: number): Claims {
  return {
    iss: 'https://licenses.example.com',
    jti: 'c2FtcGxlLXRva2VuLWlkLQ',
    iat,
    nbf: iat - 300,
  }
}

/** Returns the claims of an answer that says valid, without a lease. */
export function buildAnswer(changes: Claims = {}, iat = T0): Claims {
  return {
    ...buildStamp(iat),
    exp: iat + 300,
    aud: PRODUCT,
    sub: LICENSE_ID,
    valid: true,
    plan: 'professional',
    features,
    warnings: [],
    end: T0 + 365 * DAY,
    ...buildProof(),
    ...changes,
  }
}

/** Returns the claims of an answer that refuses. */
export function buildRefusal(error: string, message: string, changes: Claims = {}, iat = T0) {
  return {
    ...buildStamp(iat),
    exp: iat + 300,
    aud: PRODUCT,
    sub: LICENSE_ID,
    valid: false,
    error,
    message,
    ...buildProof(),
    ...changes,
  }
}

function buildProof(): Claims {
  return { non: NONCE, req: hashToBase64url(REQUEST), rev: 12 }
}

/** Returns the claims of a revocation feed from its beginning. */
export function buildFeed(changes: Claims = {}, iat = T0): Claims {
  const feed = { from: 0, to: 14, more: false, revoked: [], keys: [] }
  return { ...buildStamp(iat), exp: iat + 7 * DAY, ...feed, ...changes }
}

const signAs =
  (type: TokenType) =>
  (claims: Claims, key: TestKey = testKeys.active): string =>
    signToken(key, type, claims)

/** Returns a time as it is in a state: RFC 3339 in UTC. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

export const signLease = signAs('licet-lease+jwt')
export const signFile = signAs('licet-file+jwt')
export const signAnswer = signAs('licet-answer+jwt')
export const signFeed = signAs('licet-revocations+jwt')
