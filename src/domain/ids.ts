import { fromUUIDBytes } from 'typeid-js'

/** Prefixes of the ids of each noun, as the contract's section 2 names them. */
export type IdPrefix = 'lic' | 'act' | 'seat' | 'evt' | 'whk' | 'dlv' | 'key'

/** A TypeID (prefix + time-ordered) from the 16 bytes of a UUIDv7. */
export function formatId(prefix: IdPrefix, uuidBytes: Uint8Array): string {
  return fromUUIDBytes(prefix, uuidBytes)
}

/** The id that no id of this time or later is below: a bound for searches by time. */
export function formatLowestId(prefix: IdPrefix, timeMs: number): string {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.max(0, timeMs)) << 16n)
  return formatId(prefix, bytes)
}
