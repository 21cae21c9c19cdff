import { fromUUIDBytes } from 'typeid-js'

/** The id prefix of each noun. */
export type IdPrefix =
  | 'lic'
  | 'act'
  | 'seat'
  | 'evt'
  | 'whk'
  | 'dlv'
  | 'key'
  | 'chk'
  | 'rule'
  | 'mail'
  | 'op'
  | 'ses'
  | 'psn'
  | 'edge'

/** Returns a TypeID (prefix + time-ordered value) from the 16 bytes of a UUIDv7. */
export function formatId(prefix: IdPrefix, uuidBytes: Uint8Array): string {
  return fromUUIDBytes(prefix, uuidBytes)
}

/** Returns the lower bound of all ids created at this time or later, for searches by time. */
export function formatLowestId(prefix: IdPrefix, timeMs: number): string {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.max(0, timeMs)) << 16n)
  return formatId(prefix, bytes)
}
