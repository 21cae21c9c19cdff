import type { SigningKey } from '~/domain/signing-keys.ts'
import { toTimestamp } from '~/domain/times.ts'
import { presentOptionalTime } from '~/wire/fields.ts'

/** Presents a key for `--json`, without its private part. */
export function presentSigningKey(key: SigningKey) {
  return {
    kid: key.kid,
    public_key: key.publicKey,
    state: key.state,
    has_private_key: key.seedSealed !== null,
    created_at: toTimestamp(key.createdAtMs),
    activated_at: presentOptionalTime(key.activatedAtMs),
    retired_at: presentOptionalTime(key.retiredAtMs),
    revoked_at: presentOptionalTime(key.revokedAtMs),
    revoked_since: presentOptionalTime(key.revokedSinceMs),
  }
}

/** Returns the rows of a table: first the two keys that apps pin. */
export function toKeyRows(keys: readonly SigningKey[]): readonly (readonly string[])[] {
  const rows = keys
    .toSorted((one, other) => rank(one) - rank(other))
    .map((key) => [key.publicKey, describeState(key), key.kid, toTimestamp(key.createdAtMs)])
  return [['PUBLIC KEY', 'STATE', 'ID', 'CREATED'], ...rows]
}

const order = ['active', 'next', 'retired', 'revoked']
const rank = ({ state }: SigningKey) => order.indexOf(state)

function describeState({ state, seedSealed }: SigningKey): string {
  return state === 'next' && seedSealed === null ? 'next (exported)' : state
}
