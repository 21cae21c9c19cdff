import type { VerifySignature } from './ed25519.ts'
import { findExpiry, judgeStored } from './judge-stored.ts'
import type { LicenseRecord } from './record.ts'
import { deny, formatTime, type State } from './state.ts'
import { openToken, TokenError } from './tokens.ts'
import type { RefusedVerdict, ValidVerdict, Verdict } from './verdicts.ts'
import { type Binding, CLOCK_LEEWAY_SECONDS, type LicenseToken } from './verification.ts'

/** How often the time is noted in the record. */
const FLOOR_SECONDS = 3600

export interface JudgeOptions extends Binding {
  /** Without any, nothing signed is read; with some, nothing else. */
  readonly publicKeys: readonly string[]
  /** The names of features that the call needs. */
  readonly features?: readonly string[]
  /** When an unsigned answer is to be refreshed, and for how long it is used at most. */
  readonly refreshSeconds: number
  readonly hardLimitSeconds: number
  /** When the app was built, in seconds: no clock that shows an earlier time is right. */
  readonly builtAt?: number | undefined
}

/** A record with those of its tokens whose signatures are good. */
export interface Evidence {
  readonly record: LicenseRecord
  readonly tokens: readonly LicenseToken[]
}

export interface Ruling {
  readonly state: State
  /** The record to store. It is the same object if nothing has changed. */
  readonly record: LicenseRecord
  /** Whether the server should be asked. */
  readonly refresh: boolean
}

/** Opens the lease and the file of a record. One that cannot be opened counts as absent. */
export async function openRecord(
  record: LicenseRecord,
  publicKeys: readonly string[],
  verify: VerifySignature,
): Promise<Evidence> {
  const open = async <Type extends LicenseToken['type']>(text: string | null, type: Type) => {
    if (text === null || publicKeys.length === 0) return []
    try {
      return [await openToken(text, type, publicKeys, verify)]
    } catch (error) {
      if (error instanceof TokenError) return []
      throw error
    }
  }
  const leases = await open(record.lease, 'licet-lease+jwt')
  const files = await open(record.file, 'licet-file+jwt')
  return { record, tokens: [...leases, ...files] }
}

/**
 * Decides whether an app may run (conformance suite, §The judge), at a time in whole seconds. Only a
 * server's verdict can refuse a license: without one, the record decides.
 */
export function judge(
  evidence: Evidence,
  now: number,
  verdict: Verdict | null,
  options: JudgeOptions,
): Ruling {
  const ruling = rule(evidence, now, verdict, options)
  return { ...ruling, state: requireFeatures(ruling.state, options.features ?? []) }
}

function rule(
  evidence: Evidence,
  now: number,
  verdict: Verdict | null,
  options: JudgeOptions,
): Ruling {
  const { record } = evidence
  if (verdict !== null) {
    // The server's clock decides, also if that of the device was ahead before.
    const at = verdict.at ?? Math.max(now, record.floor)
    return verdict.kind === 'valid'
      ? accept(setFloor(record, at), at, verdict, options)
      : refuse(setFloor(record, at), at, verdict)
  }
  const clock = readClock(evidence, now, options)
  const { state, refresh } = judgeStored(evidence, clock.time, options)
  const isWarned = clock.isBehind && state.allowed
  return {
    state: isWarned ? { ...state, warnings: [...state.warnings, 'CLOCK_BEHIND'] } : state,
    record: setFloor(record, clock.nextFloor),
    refresh: refresh || clock.isBehind,
  }
}

function setFloor(record: LicenseRecord, floor: number): LicenseRecord {
  return record.floor === floor ? record : { ...record, floor }
}

function accept(
  record: LicenseRecord,
  at: number,
  { license, warnings, lease, body }: ValidVerdict,
  { refreshSeconds, hardLimitSeconds }: JudgeOptions,
): Ruling {
  const answer = body && { at, verdict: body }
  const { rfa = null, exp = null } = lease?.token.claims ?? {}
  const refreshAfter = answer ? at + refreshSeconds : rfa
  const validUntil = answer ? findExpiry(answer, hardLimitSeconds) : exp
  return {
    state: {
      allowed: true,
      status: 'licensed',
      source: 'server',
      license,
      warnings,
      ...(refreshAfter !== null && { refreshAfter: formatTime(refreshAfter) }),
      ...(validUntil !== null && { validUntil: formatTime(validUntil) }),
    },
    // An answer without a lease removes the stored one, because the plan no longer allows it.
    record: { ...record, lease: lease?.text ?? null, answer, tombstone: null },
    refresh: false,
  }
}

function refuse(record: LicenseRecord, at: number, { code, message }: RefusedVerdict): Ruling {
  // A missing feature says something about the call, not about the license.
  const isAboutCall = code === 'FEATURE_NOT_INCLUDED'
  const buried = { ...record, lease: null, answer: null, tombstone: { code, message, at } }
  return {
    state: deny('refused', code, message, 'server'),
    record: isAboutCall ? record : buried,
    refresh: false,
  }
}

interface ClockReading {
  /** The time at which the record is judged. */
  readonly time: number
  readonly isBehind: boolean
  readonly nextFloor: number
}

/** Conformance suite, §Clock: a device's clock can be wrong, or set back on purpose. */
export function readClock(
  { record, tokens }: Evidence,
  now: number,
  { builtAt = 0 }: Pick<JudgeOptions, 'builtAt'>,
): ClockReading {
  const floor = Math.max(record.floor, builtAt, ...tokens.map(({ claims }) => claims.iat))
  const isBehind = now < floor - CLOCK_LEEWAY_SECONDS
  const nextFloor = now >= floor + FLOOR_SECONDS ? now : floor
  return { time: isBehind ? floor : now, isBehind, nextFloor }
}

/** Refuses an allowed state without one of the features: missing, `false` or 0. */
export function requireFeatures(state: State, features: readonly string[]): State {
  const included = state.license?.features ?? {}
  const isMissing = (name: string) => {
    const value = Object.hasOwn(included, name) ? included[name] : undefined
    return value === undefined || value === false || value === 0
  }
  const missing = features.find(isMissing)
  if (!state.allowed || missing === undefined) return state
  const message = `The license does not include the feature "${missing}".`
  return deny('refused', 'FEATURE_NOT_INCLUDED', message, state.source)
}
