import type { Caller } from './actors.ts'
import { type ApiKey, hasScope, isLive } from './api-keys.ts'
import { Fault } from './faults.ts'
import { buildOperator, FIRST_OPERATOR, type Operator, requireEnabled } from './operators.ts'
import { DAY_MS, HOUR_MS, isRunning } from './times.ts'

/** A session ends when it is not used for this long, */
export const SESSION_IDLE_MS = 12 * HOUR_MS
/** and at the latest after this time. */
export const SESSION_MAX_MS = 7 * DAY_MS
/** Further sign-ins end the session that was used longest ago. */
export const SESSIONS_PER_HOLDER_MAX = 100
export const SETUP_LINK_MS = 15 * 60_000
/** 256 bits, so that nobody can guess a session or a setup link. */
export const SESSION_TOKEN_BYTES = 32
const USER_AGENT_LENGTH_MAX = 300

/** The person or the API key that has signed in. */
export type Holder =
  | { readonly kind: 'operator'; readonly operator: Operator }
  | { readonly kind: 'key'; readonly apiKey: ApiKey }

/** A browser that is signed in. Its token is stored only as a hash. */
export interface Session {
  readonly id: string
  readonly holder: Holder
  /** Those of the holder when the session began. */
  readonly scopes: readonly string[]
  readonly createdAtMs: number
  /** To the minute. */
  readonly lastSeenAtMs: number
  /** Stored as LICET_IP_STORAGE says; null for none. */
  readonly address: string | null
  readonly userAgent: string | null
}

/** Where a sign-in comes from. */
export type SessionPlace = Pick<Session, 'address' | 'userAgent'>

export function buildSession(
  id: string,
  holder: Holder,
  { address, userAgent }: SessionPlace,
  nowMs: number,
): Session {
  return {
    id,
    holder,
    scopes: scopesOf(holder),
    createdAtMs: nowMs,
    lastSeenAtMs: nowMs,
    address,
    userAgent: userAgent?.slice(0, USER_AGENT_LENGTH_MAX) ?? null,
  }
}

function scopesOf(holder: Holder): readonly string[] {
  return holder.kind === 'operator' ? holder.operator.scopes : holder.apiKey.scopes
}

/** Whether a session has neither expired nor lost its holder. */
export function isSessionLive(session: Session, nowMs: number): boolean {
  const { holder, createdAtMs, lastSeenAtMs } = session
  if (!isRunning(createdAtMs, SESSION_MAX_MS, nowMs)) return false
  if (!isRunning(lastSeenAtMs, SESSION_IDLE_MS, nowMs)) return false
  return holder.kind === 'operator'
    ? holder.operator.disabledAtMs === null
    : isLive(holder.apiKey, nowMs)
}

/** Returns when a session ends if it is not used again. */
export function computeSessionEnd({ holder, createdAtMs, lastSeenAtMs }: Session): number {
  const keyEndMs = holder.kind === 'key' ? holder.apiKey.expiresAtMs : null
  return Math.min(
    lastSeenAtMs + SESSION_IDLE_MS,
    createdAtMs + SESSION_MAX_MS,
    keyEndMs ?? Number.POSITIVE_INFINITY,
  )
}

/** Returns the scopes of a session that its holder still has. */
export function getSessionScopes({ holder, scopes }: Session): readonly string[] {
  const held = scopesOf(holder)
  if (scopes.includes('*')) return held
  return scopes.filter((scope) => hasScope({ scopes: held }, scope))
}

/** Returns the caller that a request with this session has: its operator, or its API key. */
export function toSessionCaller(session: Session): Caller {
  const { holder, id: sessionId } = session
  const scopes = getSessionScopes(session)
  if (holder.kind === 'operator') {
    const { id, name } = holder.operator
    return { actor: { kind: 'operator', id, name }, scopes, expiresAtMs: null, sessionId }
  }
  const { id, name, expiresAtMs } = holder.apiKey
  return { actor: { kind: 'key', id, name }, scopes, expiresAtMs, sessionId }
}

/** A link that signs in once. Its token is stored only as a hash. */
export interface SetupLink {
  /** The operator that it signs in; null if the browser that opens it chooses a name. */
  readonly operatorId: string | null
  readonly createdAtMs: number
}

/** A setup link, and the operator that it names or that has the chosen name, if there is one. */
export interface SetupState {
  readonly link: SetupLink
  readonly operator: Operator | null
}

/** Returns the operator that a setup link signs in. Throws a Fault if it has expired. */
export function decideSetup(
  { link, operator }: SetupState,
  given: Pick<Operator, 'id'> & { readonly name: string | undefined },
  nowMs: number,
): Operator {
  if (!isRunning(link.createdAtMs, SETUP_LINK_MS, nowMs)) throw linkRejected()
  if (operator !== null) {
    requireEnabled(operator)
    return operator
  }
  return buildOperator({ id: given.id, name: given.name ?? FIRST_OPERATOR, createdAtMs: nowMs })
}

/** The same for every link that does not work, so that it says nothing about those that exist. */
export function linkRejected(): Fault {
  const detail =
    'This link is wrong, has expired or was used already. Run licet login to print a new one.'
  return new Fault('unauthorized', detail)
}
