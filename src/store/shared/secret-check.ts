import { Fault } from '~/domain/faults.ts'
import type { SecretRows } from '../secrets-port.ts'
import { SECRET_ROWS } from './sealed-places.ts'

/** The name in table `meta` of a value that reveals whether the master secret has changed. */
export const SECRET_CHECK = 'master_secret_check'

/** Selects the rows of `meta` about the master secret. */
export const SELECT_SECRET_ROWS = `
  SELECT name, value FROM meta WHERE name = '${SECRET_CHECK}' OR name LIKE '${SECRET_ROWS}%'`

/** Names of such rows. */
export const ROTATION = 'secret:rotation'
export const RETIRED = 'secret:retired'
export const KEPT = 'secret:kept'
/** With what everything begins that was encrypted since the last rotation, which triggers check. */
export const PREFIX = 'secret:prefix'
export const SEEN = 'secret:seen:'

const FINGERPRINT_BYTES = 8

export interface RetiredSecret {
  readonly check: string
  readonly atMs: number
}

/** Advice for operators whose secret is not that of the database. */
export const useInDirectory = 'Put that one in master.secret, or set LICET_MASTER_SECRET to it.'
export const useEverywhere = 'Set LICET_MASTER_SECRET to that one.'

/**
 * Returns why a database does not belong to a master secret; null if it does. During a rotation, it
 * belongs to the former and to the next one.
 */
export function findOtherSecret(rows: SecretRows, check: string, advice: string): string | null {
  const stored = rows.get(SECRET_CHECK)
  if (stored === undefined || stored === check) return null
  const rotation = rows.get(ROTATION)
  if (rotation !== undefined && JSON.parse(rotation).nextCheck === check) return null
  const retired: readonly RetiredSecret[] = JSON.parse(rows.get(RETIRED) ?? '[]')
  const found = retired.find((one) => one.check === check)
  const fingerprint = `Its fingerprint is ${formatFingerprint(stored)}.`
  if (found === undefined) {
    return `was created with a different master secret. ${advice} ${fingerprint} For a backup from before a rotation, use the former secret, then rotate it again.`
  }
  const date = new Date(found.atMs).toISOString().slice(0, 10)
  return `was given a new master secret on ${date}, so the former one is refused. Use the new one. ${fingerprint}`
}

/** Throws a Fault for a database that does not belong to a master secret. */
export function requireSecret(rows: SecretRows, check: string, advice: string): void {
  const problem = findOtherSecret(rows, check, advice)
  if (problem !== null) throw new Fault('unavailable', `The database ${problem}`)
}

/** Returns what identifies a master secret on paper, without revealing it. */
export function formatFingerprint(check: string): string {
  const bytes = Buffer.from(check, 'base64url').subarray(0, FINGERPRINT_BYTES)
  return bytes.toString('hex').replace(/(.{4})(?=.)/g, '$1-')
}
