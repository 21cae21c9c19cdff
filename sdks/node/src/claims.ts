import { isObject, type JsonObject } from './json.ts'

/** A feature's value, such as `true`, `5` or `"gold"`. */
export type Features = Readonly<Record<string, boolean | number | string>>

/** Claims of every token. Times are whole seconds since 1970. */
interface Common {
  readonly iss: string
  readonly jti: string
  readonly iat: number
  readonly nbf: number
  readonly exp: number
}

/** The floating seat that a token relies on, and when it ends. */
export interface SeatClaim {
  readonly id: string
  readonly exp: number
}

/** The license that a lease or a file proves. */
export interface LeaseClaims extends Common {
  /** The product's slug. */
  readonly aud: string
  /** The license's ID. */
  readonly sub: string
  readonly valid: true
  readonly plan: string
  readonly features: Features
  readonly warnings: readonly string[]
  /** The base64url SHA-256 of the fingerprint. */
  readonly fp: string | null
  readonly dom: readonly string[] | null
  /** The IDs of the activations that it relies on. */
  readonly act: readonly string[]
  readonly sea: SeatClaim | null
  /** The license's own end, including the grace period. */
  readonly end: number | null
  /** Refresh after. */
  readonly rfa: number
  /** Valid until; then in grace until `exp`. */
  readonly vld: number
  readonly rev: number
  readonly non: string | null
  readonly req: string | null
  /** The route of the request, such as `/validate`. */
  readonly rte?: unknown
}

export interface FileClaims extends LeaseClaims {
  /** The secret for the return code; null if the file is bound to no activation. */
  readonly ret: string | null
}

interface AnswerCommon extends Common {
  readonly non: string | null
  readonly req: string | null
  /** The route of the request, such as `/validate`. */
  readonly rte?: unknown
  readonly rev: number
}

export interface ValidAnswerClaims extends AnswerCommon {
  readonly aud: string
  readonly sub: string
  readonly valid: true
  readonly plan: string
  readonly features: Features
  readonly warnings: readonly string[]
  readonly end: number | null
  /** Only if the request was for a seat. */
  readonly sea?: SeatClaim | null
}

export interface RefusedAnswerClaims extends AnswerCommon {
  /** Null for an unknown key, like `sub`. */
  readonly aud: string | null
  readonly sub: string | null
  readonly valid: false
  readonly error: string
  readonly message: string
  readonly details?: JsonObject
}

export type AnswerClaims = ValidAnswerClaims | RefusedAnswerClaims

export interface RevocationsClaims extends Common {
  readonly from: number
  readonly to: number
  /** Whether there is more: ask again with `after=to`. */
  readonly more: boolean
  /** A token of the license or activation is void if its `iat` is below the number. */
  readonly revoked: readonly (readonly [id: string, before: number])[]
  /** A token signed by the key is void if its `iat` is not below the number. */
  readonly keys: readonly (readonly [kid: string, since: number])[]
}

/** The claims of each type of token. */
export interface ClaimsByType {
  readonly 'licet-lease+jwt': LeaseClaims
  readonly 'licet-file+jwt': FileClaims
  readonly 'licet-answer+jwt': AnswerClaims
  readonly 'licet-revocations+jwt': RevocationsClaims
}

export type TokenType = keyof ClaimsByType

/** The end of the year 9999: a larger number is not in seconds. */
export const SECONDS_MAX = 253_402_300_799

type Test = (value: unknown) => boolean
type Shape = Readonly<Record<string, Test>>

const isText: Test = (value) => typeof value === 'string'
const isNumber: Test = (value) => typeof value === 'number' && Number.isFinite(value)
const isFlag: Test = (value) => typeof value === 'boolean'
const isCount: Test = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const isSeconds: Test = (value) => isCount(value) && Number(value) <= SECONDS_MAX
const isOneOf =
  (...tests: readonly Test[]): Test =>
  (value) =>
    tests.some((test) => test(value))
const isNullOr = (test: Test): Test => isOneOf((value) => value === null, test)
const isListOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test)
const isEntry: Test = (value) =>
  Array.isArray(value) && value.length === 2 && isText(value[0]) && isSeconds(value[1])
const isFeatures: Test = (value) =>
  isObject(value) && Object.values(value).every(isOneOf(isFlag, isNumber, isText))
const hasShape =
  (shape: Shape): Test =>
  (value) =>
    isObject(value) && Object.entries(shape).every(([name, test]) => test(value[name]))

const isSeat = hasShape({ id: isText, exp: isSeconds })

const common: Shape = { iss: isText, jti: isText, iat: isSeconds, nbf: isSeconds, exp: isSeconds }
const answer: Shape = {
  ...common,
  aud: isNullOr(isText),
  sub: isNullOr(isText),
  non: isNullOr(isText),
  req: isNullOr(isText),
  rev: isCount,
}
const terms: Shape = {
  valid: (value) => value === true,
  plan: isText,
  features: isFeatures,
  warnings: isListOf(isText),
  end: isNullOr(isSeconds),
}
const lease: Shape = {
  ...answer,
  ...terms,
  aud: isText,
  sub: isText,
  fp: isNullOr(isText),
  dom: isNullOr(isListOf(isText)),
  act: isListOf(isText),
  sea: isNullOr(isSeat),
  rfa: isSeconds,
  vld: isSeconds,
}
const granted: Shape = {
  ...answer,
  ...terms,
  aud: isText,
  sub: isText,
  sea: isOneOf((value) => value === undefined, isNullOr(isSeat)),
}
const refused: Shape = {
  ...answer,
  valid: (value) => value === false,
  error: isText,
  message: isText,
  details: (value) => value === undefined || isObject(value),
}

const areInOrder =
  (...names: readonly string[]): Test =>
  (value) =>
    isObject(value) &&
    names.every(
      (name, index) => index === 0 || Number(value[names[index - 1] ?? '']) <= Number(value[name]),
    )
const isAll =
  (...tests: readonly Test[]): Test =>
  (value) =>
    tests.every((test) => test(value))

const isIssued = areInOrder('nbf', 'iat', 'exp')
const isTimed = isAll(isIssued, areInOrder('rfa', 'vld', 'exp'))

const tests: Readonly<Record<TokenType, Test>> = {
  'licet-lease+jwt': isAll(hasShape(lease), isTimed),
  'licet-file+jwt': isAll(hasShape({ ...lease, ret: isNullOr(isText) }), isTimed),
  'licet-answer+jwt': isAll(isOneOf(hasShape(granted), hasShape(refused)), isIssued),
  'licet-revocations+jwt': isAll(
    hasShape({
      ...common,
      from: isCount,
      to: isCount,
      more: isFlag,
      revoked: isListOf(isEntry),
      keys: isListOf(isEntry),
    }),
    areInOrder('from', 'to'),
    isIssued,
  ),
}

/**
 * Whether every claim of a type is there, has its type and a possible value. Further claims are
 * ignored.
 */
export function hasClaims<Type extends TokenType>(
  type: Type,
  claims: JsonObject,
): claims is JsonObject & ClaimsByType[Type] {
  return tests[type](claims)
}
