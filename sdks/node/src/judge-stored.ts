import type { Evidence, JudgeOptions } from './judge.ts'
import type { LicenseRecord } from './record.ts'
import { deny, formatTime, readLicense, type State } from './state.ts'
import type { TokenFault } from './tokens.ts'
import {
  explanations,
  findBindingFault,
  findProofFault,
  findTimeFault,
  type LicenseToken,
} from './verification.ts'

export interface StoredRuling {
  readonly state: State
  readonly refresh: boolean
}

/** Decides by what is stored, at a time in seconds (conformance suite, §The judge, 3). */
export function judgeStored(evidence: Evidence, time: number, options: JudgeOptions): StoredRuling {
  const { record, tokens } = evidence
  const { tombstone, answer } = record
  if (tombstone !== null) {
    return stop('refused', tombstone.code, tombstone.message, 'cache')
  }
  const ruling = judgeTokens(tokens, record, time, options)
  if (ruling !== null) return ruling
  if (options.publicKeys.length === 0 && answer !== null) return judgeAnswer(answer, time, options)
  return stop(
    'unknown',
    'NO_ANSWER',
    'No license is stored here yet, and the server did not answer.',
    'none',
  )
}

/** Returns null without any token. Of those that are good, the one with the latest end decides. */
function judgeTokens(
  tokens: readonly LicenseToken[],
  record: LicenseRecord,
  time: number,
  options: JudgeOptions,
): StoredRuling | null {
  const candidates = tokens
    .map((token) => ({ token, fault: findFault(token, record, time, options) }))
    .sort((first, second) => second.token.claims.exp - first.token.claims.exp)
  const good = candidates.find(({ fault }) => fault === null)
  if (good !== undefined) return allow(good.token, tokens, time)
  const revoked = candidates.find(({ fault }) => fault === 'LICENSE_REVOKED')
  const { token, fault } = revoked ?? candidates[0] ?? {}
  if (token === undefined || fault == null) return null
  const status = fault === 'LICENSE_REVOKED' ? 'refused' : 'unknown'
  return stop(status, fault, explanations[fault], sourceOf(token))
}

function findFault(
  token: LicenseToken,
  { feed }: LicenseRecord,
  time: number,
  options: JudgeOptions,
): TokenFault | null {
  return (
    findProofFault(token, {}, feed) ??
    findBindingFault(token, options, feed) ??
    findTimeFault(token, time)
  )
}

function allow(token: LicenseToken, all: readonly LicenseToken[], time: number): StoredRuling {
  const { claims } = token
  const { rfa: refreshAt, vld: staleAt, exp: endsAt, warnings } = claims
  const facts = { source: sourceOf(token), license: readLicense(claims), warnings }
  const state = buildAllowed(facts, { refreshAt, staleAt, endsAt }, time)
  const isLeaseDue = all.some(({ type, claims: { rfa } }) => isLease(type) && time >= rfa)
  return { state, refresh: state.status === 'grace' || isLeaseDue || time >= refreshAt }
}

/** In seconds. */
interface Terms {
  readonly refreshAt: number
  readonly staleAt: number
  readonly endsAt: number
}

function buildAllowed(
  facts: Pick<State, 'source' | 'license' | 'warnings'>,
  { refreshAt, staleAt, endsAt }: Terms,
  time: number,
): State {
  const isStale = time >= staleAt
  return {
    ...facts,
    allowed: true,
    status: isStale ? 'grace' : 'licensed',
    ...(isStale && { staleSince: formatTime(staleAt) }),
    refreshAfter: formatTime(refreshAt),
    validUntil: formatTime(endsAt),
  }
}

const isLease = (type: LicenseToken['type']) => type === 'licet-lease+jwt'
const sourceOf = ({ type }: LicenseToken): State['source'] => (isLease(type) ? 'lease' : 'file')

type StoredAnswer = NonNullable<LicenseRecord['answer']>

function judgeAnswer(answer: StoredAnswer, time: number, options: JudgeOptions): StoredRuling {
  const staleAt = answer.at + options.refreshSeconds
  const endsAt = findExpiry(answer, options.hardLimitSeconds)
  if (time >= endsAt) {
    const message = 'The license was not confirmed for too long. Connect to the internet.'
    return stop('unknown', 'CACHE_EXPIRED', message, 'cache')
  }
  const { license, warnings } = answer.verdict
  const terms = { refreshAt: staleAt, staleAt, endsAt }
  const state = buildAllowed({ source: 'cache', license, warnings }, terms, time)
  return { state, refresh: state.status === 'grace' }
}

/** Returns the time in seconds until which an unsigned answer is used. */
export function findExpiry({ at, verdict }: StoredAnswer, hardLimitSeconds: number): number {
  const limit = at + hardLimitSeconds
  const { expiresAt } = verdict.license
  const end = expiresAt === null ? limit : Math.floor(Date.parse(expiresAt) / 1000)
  // A license in its grace period was valid although its end had passed.
  return end > at && end < limit ? end : limit
}

function stop(...reason: Parameters<typeof deny>): StoredRuling {
  return { state: deny(...reason), refresh: true }
}
