import type { Actor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import type { Rotation, SecretState } from '~/platform/secret-state.ts'
import { findNextSecret } from '~/platform/secrets.ts'
import type { Vault } from '~/platform/vault.ts'
import type { SecretAudit, SecretRows } from '~/store/secrets-port.ts'
import {
  formatFingerprint,
  KEPT,
  ROTATION,
  SECRET_CHECK,
  SEEN,
} from '~/store/shared/secret-check.ts'

/** Reads which master secrets a database has. */
export function toSecretState(rows: SecretRows): SecretState {
  const rotation = rows.get(ROTATION)
  return {
    check: rows.get(SECRET_CHECK) ?? '',
    kept: rows.get(KEPT) ?? null,
    rotation: rotation === undefined ? null : JSON.parse(rotation),
  }
}

/**
 * Uses the keys of a database. `directory` may contain the next secret; null if it is elsewhere. Throws a
 * Fault if a secret is missing.
 */
export function adoptSecrets(
  vault: Vault,
  rows: SecretRows,
  directory: string | null,
): SecretState {
  const state = toSecretState(rows)
  const { rotation } = state
  if (rotation !== null && rotation.nextSealed === null && directory !== null) {
    const next = findNextSecret(directory)
    if (next !== null) vault.learn(next)
  }
  if (vault.adopt(state)) return state
  throw new Fault('unavailable', rotation === null ? describeUnknown(state) : explain(rotation))
}

const describeUnknown = ({ check }: SecretState) =>
  `The master secret of the database was replaced. Start with the new one, whose fingerprint is ${formatFingerprint(check)}.`

const explain = ({ nextCheck }: Rotation) =>
  `licet secret rotate has not finished, and the new master secret is not known here. Start with it (its fingerprint is ${formatFingerprint(nextCheck)}), or run licet secret rotate again.`

/** Returns the entry for the audit about a step of a rotation. */
export function describeStep(
  step: 'begin' | 'finish',
  { id, check, nextCheck }: Pick<Rotation, 'id' | 'nextCheck'> & Pick<SecretState, 'check'>,
  actor: Actor,
  nowMs: number,
): SecretAudit {
  const change = {
    before: { fingerprint: formatFingerprint(check) },
    after: { fingerprint: formatFingerprint(nextCheck) },
    personal: null,
  }
  const action = { action: `master_secret.${step}_rotation`, subjectId: id, change }
  return { action, context: buildOwnContext(actor, nowMs) }
}

/** Returns what a server writes once it knows the stage of a rotation. */
export const formatSeen = ({ id, stage }: Rotation) => `${id} ${stage}`

export const seenRow = (serverId: string) => `${SEEN}${serverId}`
