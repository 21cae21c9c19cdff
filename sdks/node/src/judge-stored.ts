import type { Evidence, JudgeOptions } from './judge.ts'
import type { LicenseRecord } from './record.ts'
import { formatTime, readLicense, type State } from './state.ts'
import type { TokenFault } from './tokens.ts'
import {
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
  if (tokens.length > 0) return judgeTokens(tokens, record, time, options)
  if (options.publicKeys.length === 0 && answer !== null) return judgeAnswer(answer, time, options)
  return stop('unknown', 'NO_ANSWER', 'The server gave no answer, and nothing is stored.', 'none')
}

interface Candidate {
  readonly token: LicenseToken
  readonly fault: TokenFault | null
}

function judgeTokens(
  tokens: readonly LicenseToken[],
  record: LicenseRecord,
  time: number,
  options: JudgeOptions,
): StoredRuling {
  const candidates = tokens
    .map((token) => ({ token, fault: findFault(token, record, time, options) }))
    .sort((first, second) => second.token.claims.exp - first.token.claims.exp)
  const passed = candidates.find(({ fault }) => fault === null)
  if (passed !== undefined) return allow(passed.token, tokens, time)
  const revoked = candidates.find(({ fault }) => fault === 'LICENSE_REVOKED')
  return explain(revoked ?? candidates[0])
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
  const { rfa, vld, exp, warnings } = token.claims
  const isStale = time >= vld
  const isLeaseDue = all.some(
    ({ type, claims }) => type === 'licet-lease+jwt' && time >= claims.rfa,
  )
  return {
    state: {
      allowed: true,
      status: isStale ? 'grace' : 'licensed',
      source: sourceOf(token),
      license: readLicense(token.claims),
      warnings,
      ...(isStale && { staleSince: formatTime(vld) }),
      refreshAfter: formatTime(rfa),
      validUntil: formatTime(exp),
    },
    refresh: isStale || isLeaseDue || time >= rfa,
  }
}

const sourceOf = ({ type }: LicenseToken) => (type === 'licet-lease+jwt' ? 'lease' : 'file')

const explanations: Partial<Readonly<Record<TokenFault, string>>> = {
  KEY_REVOKED: 'The stored license was signed with a stolen key. Connect to the internet.',
  PRODUCT_MISMATCH: 'The stored license is for another product.',
  FINGERPRINT_MISMATCH: 'The stored license is for another device.',
  DOMAIN_MISMATCH: 'The stored license is for another domain.',
  LICENSE_REVOKED: 'This license has been revoked.',
  LEASE_EXPIRED: 'The license was not confirmed for too long. Connect to the internet.',
  FILE_EXPIRED: 'The license file has expired. Ask for a new one.',
}

function explain(candidate: Candidate | undefined): StoredRuling {
  const { token, fault } = candidate ?? {}
  const code = fault ?? 'NO_ANSWER'
  const status = code === 'LICENSE_REVOKED' ? 'refused' : 'unknown'
  return stop(
    status,
    code,
    explanations[code as TokenFault] ?? '',
    token ? sourceOf(token) : 'none',
  )
}

type StoredAnswer = NonNullable<LicenseRecord['answer']>

function judgeAnswer(answer: StoredAnswer, time: number, options: JudgeOptions): StoredRuling {
  const staleAt = answer.at + options.refreshSeconds
  const end = findExpiry(answer, options.hardLimitSeconds)
  if (time >= end) {
    const message = 'The license was not confirmed for too long. Connect to the internet.'
    return stop('unknown', 'CACHE_EXPIRED', message, 'cache')
  }
  const isStale = time >= staleAt
  const { license, warnings } = answer.verdict
  return {
    state: {
      allowed: true,
      status: isStale ? 'grace' : 'licensed',
      source: 'cache',
      license,
      warnings,
      ...(isStale && { staleSince: formatTime(staleAt) }),
      refreshAfter: formatTime(staleAt),
      validUntil: formatTime(end),
    },
    refresh: isStale,
  }
}

/** Returns the time in seconds until which an unsigned answer is used. */
export function findExpiry({ at, verdict }: StoredAnswer, hardLimitSeconds: number): number {
  const limit = at + hardLimitSeconds
  const { expiresAt } = verdict.license
  const end = expiresAt === null ? limit : Math.floor(Date.parse(expiresAt) / 1000)
  // A license in its grace period was valid although its end had passed.
  return end > at && end < limit ? end : limit
}

function stop(
  status: 'refused' | 'unknown',
  code: string,
  message: string,
  source: State['source'],
): StoredRuling {
  return { state: { allowed: false, status, source, code, message, warnings: [] }, refresh: true }
}
