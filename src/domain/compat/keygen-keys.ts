import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { countCharacters } from '../text.ts'

/** The longest key that Licet stores. */
const KEY_MAX = 255

/**
 * Returns the key under which Licet knows a key of Keygen. Signed keys contain their data and a signature, so
 * most are too long: a hash stands for them. Apps never see it.
 */
export function toStoredKey(key: string): string {
  const trimmed = key.trim()
  if (countCharacters(trimmed) <= KEY_MAX) return trimmed
  return `keygen-sha256-${bytesToHex(sha256(utf8ToBytes(trimmed)))}`
}
