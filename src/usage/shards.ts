/** Licenses are divided into shards, so that a fold is short and a query about one waits for its own. */
export const SHARDS = 16

/** The last characters of an id are random. */
const HASHED_CHARACTERS = 4

/** Returns the shard of a license, from 0. It must never change, because the file contains it. */
export function getShard(licenseId: string): number {
  let hash = 0
  const { length } = licenseId
  for (let index = Math.max(0, length - HASHED_CHARACTERS); index < length; index += 1) {
    hash = hash * 31 + licenseId.charCodeAt(index)
  }
  return hash % SHARDS
}
