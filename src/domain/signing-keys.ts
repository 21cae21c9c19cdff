import { Fault } from './faults.ts'

/** A key is published as `next` before it signs, so that apps already have it pinned by then. */
export type SigningKeyState = 'active' | 'next' | 'retired' | 'revoked'

/** A key pair, as it was created. */
export interface KeyPair {
  /** The first 16 characters of its thumbprint (RFC 7638). */
  readonly kid: string
  /** The 32 bytes of the public key in base64url, as apps pin it. */
  readonly publicKey: string
  /** The encrypted private key. */
  readonly seedSealed: string
}

/** An Ed25519 key pair in use, or that was. Times are ms. */
export interface SigningKey extends Omit<KeyPair, 'seedSealed'> {
  /** Null while it is kept elsewhere, and once the key signs no more. */
  readonly seedSealed: string | null
  readonly state: SigningKeyState
  readonly createdAtMs: number
  readonly activatedAtMs: number | null
  readonly retiredAtMs: number | null
  readonly revokedAtMs: number | null
  /** Set once it is revoked: tokens issued at this time or later are void. */
  readonly revokedSinceMs: number | null
}

/** The keys to write, and the action for the audit. */
export interface SigningKeyDecision {
  readonly action: 'create' | 'rotate' | 'revoke' | 'export' | 'import'
  /** The key that the action is about. */
  readonly kid: string
  /** The keys that are new or have changed, in the order in which they are written. */
  readonly keys: readonly SigningKey[]
}

type CreateKeyPair = () => KeyPair

/** Finds the key that is active or next. There is at most one of each. */
export function findKey(
  keys: readonly SigningKey[],
  state: 'active' | 'next',
): SigningKey | undefined {
  return keys.find((key) => key.state === state)
}

/** Creates the active and the next key if they are missing. Returns null if neither is. */
export function decideInitialKeys(
  keys: readonly SigningKey[],
  createKeyPair: CreateKeyPair,
  nowMs: number,
): SigningKeyDecision | null {
  const missing = (['active', 'next'] as const).filter((state) => !findKey(keys, state))
  const created = missing.map((state) => buildSigningKey(createKeyPair(), state, nowMs))
  const [first] = created
  return first === undefined ? null : { action: 'create', kid: first.kid, keys: created }
}

function buildSigningKey(pair: KeyPair, state: 'active' | 'next', nowMs: number): SigningKey {
  return {
    ...pair,
    state,
    createdAtMs: nowMs,
    activatedAtMs: state === 'active' ? nowMs : null,
    retiredAtMs: null,
    revokedAtMs: null,
    revokedSinceMs: null,
  }
}

/**
 * Makes the next key active, and creates a new next one. The former key is retired: its tokens still
 * verify. Throws a Fault if the private key of the next one is kept elsewhere.
 */
export function decideRotation(
  keys: readonly SigningKey[],
  createKeyPair: CreateKeyPair,
  nowMs: number,
): SigningKeyDecision {
  const active = findKey(keys, 'active')
  const retired = active && { ...active, state: 'retired' as const, retiredAtMs: nowMs }
  const promoted = promoteNext(keys, createKeyPair, nowMs)
  // The former active key comes first, because there is only one at any time.
  const changed = retired === undefined ? [] : [{ ...retired, seedSealed: null }]
  return { action: 'rotate', kid: promoted.kid, keys: [...changed, ...promoted.keys] }
}

function promoteNext(
  keys: readonly SigningKey[],
  createKeyPair: CreateKeyPair,
  nowMs: number,
): Omit<SigningKeyDecision, 'action'> {
  const next = requireNext(keys)
  if (next.seedSealed === null) {
    const detail = `The private key of ${next.kid}, which is next, is not in the database. Import it first: licet signing import-next FILE. If it is lost, revoke it: licet signing revoke ${next.kid}`
    throw new Fault('invalid_transition', detail)
  }
  const active: SigningKey = { ...next, state: 'active', activatedAtMs: nowMs }
  return { kid: next.kid, keys: [active, buildSigningKey(createKeyPair(), 'next', nowMs)] }
}

/** Returns the next key. Throws a Fault if the server has not created it yet. */
export function requireNext(keys: readonly SigningKey[]): SigningKey {
  const next = findKey(keys, 'next')
  if (next === undefined) {
    throw new Fault('not_found', 'There is no next signing key yet. Start the server once.')
  }
  return next
}

/**
 * Revokes a key: its tokens that were issued at `sinceMs` or later are void. The next key takes the
 * place of an active one, and a new key that of the next one. A key that is revoked already can only be
 * revoked from an earlier time on.
 */
export function decideKeyRevocation(
  keys: readonly SigningKey[],
  { kid, sinceMs }: { readonly kid: string; readonly sinceMs: number },
  createKeyPair: CreateKeyPair,
  nowMs: number,
): SigningKeyDecision {
  const key = keys.find((candidate) => candidate.kid === kid)
  if (key === undefined) {
    const detail = `There is no signing key ${kid}. List them with: licet signing keys`
    throw new Fault('not_found', detail)
  }
  const revoked: SigningKey = {
    ...key,
    state: 'revoked',
    seedSealed: null,
    revokedAtMs: key.revokedAtMs ?? nowMs,
    revokedSinceMs: Math.min(key.revokedSinceMs ?? sinceMs, sinceMs),
  }
  const replacements =
    key.state === 'active'
      ? promoteNext(keys, createKeyPair, nowMs).keys
      : key.state === 'next'
        ? [buildSigningKey(createKeyPair(), 'next', nowMs)]
        : []
  return { action: 'revoke', kid, keys: [revoked, ...replacements] }
}

/** Records that the next private key was exported, and deletes it from the database if asked to. */
export function decideExport(
  keys: readonly SigningKey[],
  kid: string,
  isDeleted: boolean,
): SigningKeyDecision {
  const next = requireNext(keys)
  if (next.kid !== kid) {
    throw new Fault('in_use', 'The next signing key has changed meanwhile. Export it again.')
  }
  return { action: 'export', kid, keys: isDeleted ? [{ ...next, seedSealed: null }] : [] }
}

/** Puts the private key of the next key back. Throws a Fault for any other key. */
export function decideImport(keys: readonly SigningKey[], pair: KeyPair): SigningKeyDecision {
  const next = requireNext(keys)
  if (next.kid !== pair.kid) {
    const detail = `The file contains the key ${pair.kid}, but ${next.kid} is next. Only the private key of the next key can be imported.`
    throw new Fault('invalid_transition', detail)
  }
  return { action: 'import', kid: next.kid, keys: [{ ...next, seedSealed: pair.seedSealed }] }
}
