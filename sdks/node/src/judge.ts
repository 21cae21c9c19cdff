import {
  type Binding,
  type Evidence,
  findMismatch,
  findRevocation,
  type Proven,
} from './evidence.ts'
import type { Finding } from './outcome.ts'
import type { LicenseRecord } from './record.ts'
import { buildUnknown, formatTime, readLicense, type State } from './state.ts'

/** A clock may be this far behind the latest time that is known. */
const CLOCK_LEEWAY_SECONDS = 300
/** How often the current time is noted in the record. */
const FLOOR_SECONDS = 3600

export interface JudgeOptions extends Binding {
  /** Whether public keys are pinned, so that nothing unsigned is trusted. */
  readonly pinned: boolean
  /** When an unsigned answer is to be refreshed, and how long it is used at most. */
  readonly refreshSeconds: number
  readonly hardLimitSeconds: number
  /** When the app was built: no clock is right that shows an earlier time. */
  readonly builtAt?: number
  /** From -0.1 to 0.1: spreads the refreshes of many apps, as a part of the time until they are due. */
  readonly jitter?: number
}

export interface Ruling {
  readonly state: State
  /** The record to store. It is the same object if nothing has changed. */
  readonly record: LicenseRecord
  /** Whether the server should be asked. */
  readonly refresh: boolean
}

/**
 * Decides whether an app may run, from its record, the time in whole seconds, and what a request to the
 * server yielded (null if none was made). Only a server's answer can refuse a license: if there is
 * none, the record decides.
 */
export function judge(
  evidence: Evidence,
  now: number,
  finding: Finding | null,
  options: JudgeOptions,
): Ruling {
  switch (finding?.kind) {
    case 'valid':
      return acceptAnswer(evidence, now, finding, options)
    case 'refused':
      return acceptRefusal(evidence, now, finding)
    default:
      return judgeRecord(evidence, now, options)
  }
}

function acceptAnswer(
  { record }: Evidence,
  now: number,
  finding: Extract<Finding, { kind: 'valid' }>,
  { refreshSeconds, hardLimitSeconds }: JudgeOptions,
): Ruling {
  const { license, warnings, lease, verdict } = finding
  // The server knows the time, so its answer also ends the effect of a clock that was ahead.
  const at = finding.at ?? Math.max(now, record.floor)
  const refreshAfter = lease?.claims.rfa ?? at + refreshSeconds
  const validUntil = lease?.claims.vld ?? at + hardLimitSeconds
  const answer = verdict && { at, verdict }
  return {
    state: {
      allowed: true,
      status: 'licensed',
      source: 'server',
      license,
      warnings,
      refreshAfter: formatTime(refreshAfter),
      validUntil: formatTime(validUntil),
    },
    record: { ...record, lease: lease?.text ?? null, answer, tombstone: null, floor: at },
    refresh: false,
  }
}

function acceptRefusal(
  { record }: Evidence,
  now: number,
  { code, message, at }: Extract<Finding, { kind: 'refused' }>,
): Ruling {
  const time = at ?? Math.max(now, record.floor)
  const tombstone = { code, message, at: time }
  return {
    state: buildRefused(code, message, 'server'),
    record: { ...record, lease: null, answer: null, tombstone, floor: time },
    refresh: false,
  }
}

/** The record decides. */
function judgeRecord(evidence: Evidence, now: number, options: JudgeOptions): Ruling {
  const { record, proven } = evidence
  const known = [record.floor, options.builtAt ?? 0, ...proven.map(({ claims }) => claims.iat)]
  const floor = Math.max(...known)
  const isBehind = now < floor - CLOCK_LEEWAY_SECONDS
  const time = isBehind ? floor : now
  const { state, refresh } = decideAt(time, evidence, options)
  const noted = time >= record.floor + FLOOR_SECONDS || floor > record.floor
  return {
    state: isBehind ? { ...state, warnings: [...state.warnings, 'CLOCK_BEHIND'] } : state,
    record: noted ? { ...record, floor: Math.max(floor, time) } : record,
    refresh: refresh || isBehind,
  }
}

interface Decision {
  readonly state: State
  readonly refresh: boolean
}

function decideAt(time: number, evidence: Evidence, options: JudgeOptions): Decision {
  const { record, proven } = evidence
  const { tombstone } = record
  const newest = Math.max(...proven.map(({ claims }) => claims.iat))
  if (tombstone !== null && newest <= tombstone.at) {
    return { state: buildRefused(tombstone.code, tombstone.message, 'cache'), refresh: true }
  }
  const matching = proven.filter(({ claims }) => findMismatch(claims, options) === null)
  const usable = matching.filter((each) => findRevocation(each, record.feed) === null)
  const latest = findLatest(usable)
  if (latest !== null) return decideByToken(time, latest, options)
  if (!options.pinned && record.answer !== null) {
    return decideByAnswer(time, record.answer, options)
  }
  return { state: explainMissing(matching, evidence, options), refresh: true }
}

function findLatest(candidates: readonly Proven[]): Proven | null {
  return candidates.reduce<Proven | null>(
    (latest, each) => (latest !== null && latest.claims.exp >= each.claims.exp ? latest : each),
    null,
  )
}

function decideByToken(time: number, { source, claims }: Proven, options: JudgeOptions): Decision {
  const { iat, rfa, vld, exp, warnings } = claims
  if (time >= exp) {
    const [code, what] = source === 'lease' ? ['LEASE_EXPIRED', 'lease'] : ['FILE_EXPIRED', 'file']
    const message = `The ${what} ended at ${formatTime(exp)}. Connect to renew it.`
    return { state: buildUnknown(code, message, source), refresh: true }
  }
  const isStale = time >= vld
  return {
    state: {
      allowed: true,
      status: isStale ? 'grace' : 'licensed',
      source,
      license: readLicense(claims),
      warnings,
      refreshAfter: formatTime(rfa),
      validUntil: formatTime(vld),
      ...(isStale && { staleSince: formatTime(vld) }),
    },
    refresh: time >= rfa + Math.trunc((rfa - iat) * (options.jitter ?? 0)),
  }
}

function decideByAnswer(
  time: number,
  { at, verdict }: NonNullable<LicenseRecord['answer']>,
  options: JudgeOptions,
): Decision {
  const { license, warnings } = verdict
  const refreshAfter = at + options.refreshSeconds
  const end = license.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(license.expiresAt)
  const validUntil = Math.min(at + options.hardLimitSeconds, Math.floor(end / 1000))
  if (time >= validUntil) {
    const message = `The last answer of the server was used until ${formatTime(validUntil)}.`
    return { state: buildUnknown('CACHE_EXPIRED', message, 'cache'), refresh: true }
  }
  const isStale = time >= refreshAfter
  return {
    state: {
      allowed: true,
      status: isStale ? 'grace' : 'licensed',
      source: 'cache',
      license,
      warnings,
      refreshAfter: formatTime(refreshAfter),
      validUntil: formatTime(validUntil),
      ...(isStale && { staleSince: formatTime(refreshAfter) }),
    },
    refresh: time >= at + Math.trunc(options.refreshSeconds * (1 + (options.jitter ?? 0))),
  }
}

/** Explains why nothing in the record allows the app to run. */
function explainMissing(
  [matching]: readonly Proven[],
  { record, proven }: Evidence,
  options: JudgeOptions,
): State {
  if (matching !== undefined) {
    return findRevocation(matching, record.feed) === 'LICENSE_REVOKED'
      ? buildRefused('LICENSE_REVOKED', 'This license has been revoked.', matching.source)
      : buildUnknown('KEY_REVOKED', 'The key of the stored license was stolen.', matching.source)
  }
  const [first] = proven
  const mismatch = first === undefined ? null : findMismatch(first.claims, options)
  if (first === undefined || mismatch === null) {
    return buildUnknown('NO_ANSWER', 'The server cannot be reached, and nothing is stored.')
  }
  return buildUnknown(mismatch, mismatchMessages[mismatch], first.source)
}

const mismatchMessages = {
  PRODUCT_MISMATCH: 'The stored license is for another product.',
  FINGERPRINT_MISMATCH: 'The stored license is for another device.',
  DOMAIN_MISMATCH: 'The stored license is for another domain.',
} as const

function buildRefused(code: string, message: string, source: State['source']): State {
  return { allowed: false, status: 'refused', source, code, message, warnings: [] }
}
