import { isRunning, SECOND_MS } from './times.ts'

export const PORTAL_CODE_MINUTES = 10
export const PORTAL_CODE_MS = PORTAL_CODE_MINUTES * 60 * SECOND_MS
export const PORTAL_CODE_DIGITS = 8
/** A code that was tried this often without success does not work any more. */
export const PORTAL_CODE_ATTEMPTS_MAX = 5
/** More than the digits need, so that all codes are equally likely. */
export const PORTAL_CODE_BYTES = 8

/** A code that signs in the browser that has requested it. It is stored only as a hash. */
export interface PortalCode {
  /** Any address that was entered: only those with licenses get a mail. */
  readonly customerEmail: string
  readonly codeHash: string
  /** How often a wrong code was entered. */
  readonly attempts: number
  readonly createdAtMs: number
}

/** Returns a code of 8 digits from random bytes. */
export function formatPortalCode(bytes: Uint8Array): string {
  const number = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0)
  return String(number % 10n ** BigInt(PORTAL_CODE_DIGITS)).padStart(PORTAL_CODE_DIGITS, '0')
}

/** Returns the digits of a code as a customer may type it: with blanks, or in full width. */
export function parsePortalCode(text: string): string {
  return text.normalize('NFKC').replace(/[\s-]/g, '')
}

/** Whether a code still works, and is the one that was entered. */
export function isCodeRight(
  { codeHash, attempts, createdAtMs }: PortalCode,
  givenHash: string,
  nowMs: number,
): boolean {
  const isUsable =
    attempts < PORTAL_CODE_ATTEMPTS_MAX && isRunning(createdAtMs, PORTAL_CODE_MS, nowMs)
  return isUsable && codeHash === givenHash
}
