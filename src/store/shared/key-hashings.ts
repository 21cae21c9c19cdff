import { type HashAlgorithm, hashAlgorithms, type KeyHashing } from '~/domain/key-hashes.ts'

/** The first part of the names in `meta`. */
export const HASHING = 'key_hashing:'

/** Returns the row of `meta` for a way in which keys were hashed. */
export function toHashingRow({ name, secretSealed }: KeyHashing) {
  return { name: `${HASHING}${name}`, value: secretSealed ?? '' }
}

/** Reads such a row. Rows of later versions are left out. */
export function readHashingRow(row: { name: string; value: string }): readonly KeyHashing[] {
  const name = row.name.slice(HASHING.length)
  const [algorithm = ''] = name.split('/')
  const secretSealed = row.value === '' ? null : row.value
  return isAlgorithm(algorithm) ? [{ name, algorithm, secretSealed }] : []
}

const isAlgorithm = (text: string): text is HashAlgorithm => Object.hasOwn(hashAlgorithms, text)
