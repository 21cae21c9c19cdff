import { UNKNOWN_KEY } from '~/domain/key-hashes.ts'
import { parseKey } from '~/domain/keys.ts'
import type { LicenseKey } from '~/domain/licenses.ts'
import type { StoredFact } from '~/domain/purchases.ts'
import type { Purpose } from '~/platform/generation.ts'
import type { Conversion } from '~/platform/secret-state.ts'
import type { SealedPlace, SealedRow } from '~/store/secrets-port.ts'
import { hashFact } from '~/store/shared/checkout-facts.ts'

/** A row under the next master secret. */
export interface Converted {
  readonly row: SealedRow
  /** Whether its hash follows from its former hash, because the text is not known. */
  readonly isWrapped: boolean
}

type Convert = (row: SealedRow, conversion: Conversion) => Converted | null

/** In the order in which they are converted. */
export const places: ReadonlyMap<SealedPlace, Convert> = new Map<SealedPlace, Convert>([
  ['signing_keys', reseal('signing-seed')],
  ['key_hashings', reseal('import-secret')],
  ['endpoints', reseal('webhook-secret')],
  ['former_endpoint_secrets', convertFormerSecret],
  ['licenses', convertLicense],
  ['former_keys', convertHash],
  ['checkout_bodies', reseal('checkout-event')],
  ['checkout_facts', convertFact],
  ['checkout_units', convertUnit],
  ['stored_responses', reseal('kept-answer')],
])

/** Returns a function that seals with the next secret. It returns null for what is sealed with it already. */
function reseal(purpose: Purpose): Convert {
  return (row, conversion) => {
    if (row.sealed === null || isNext(row.sealed, conversion)) return null
    return {
      row: { ...row, sealed: resealText(purpose, row.sealed, conversion) },
      isWrapped: false,
    }
  }
}

function resealText(purpose: Purpose, sealed: string, { former, next }: Conversion): string {
  return next.seal(purpose, former.open(purpose, sealed))
}

const isNext = (text: string, { next }: Conversion) => text.startsWith(next.prefix)

function convertLicense(row: SealedRow, conversion: Conversion): Converted | null {
  const { hash, sealed } = row
  if (hash === null || sealed === null || isNext(sealed, conversion)) return null
  const { keyHash, keySealed, isWrapped } = convertKey(
    { keyHash: hash, keySealed: sealed },
    conversion,
  )
  return { row: { ...row, hash: keyHash, sealed: keySealed }, isWrapped }
}

/** Hashes a key again if its text is known, and otherwise its former hash. */
function convertKey(
  { keyHash, keySealed }: Pick<LicenseKey, 'keyHash' | 'keySealed'>,
  conversion: Conversion,
) {
  const { former, next } = conversion
  const text = former.open('license-key', keySealed)
  const key = text === UNKNOWN_KEY ? null : parseKey(text)
  const canonical = key === null || key.kind === 'unusable' ? null : key.canonical
  const isKnown = canonical !== null && former.hashKey(canonical) === keyHash
  return {
    keySealed: next.seal('license-key', text),
    keyHash: isKnown ? next.hashKey(canonical) : wrap(keyHash, conversion),
    isWrapped: !isKnown,
  }
}

const wrap = (hash: string, conversion: Conversion) =>
  isNext(hash, conversion) ? hash : conversion.next.wrapHash(hash)

/** Of a replaced key, only the hash was kept. */
function convertHash(row: SealedRow, conversion: Conversion): Converted | null {
  if (row.hash === null || isNext(row.hash, conversion)) return null
  return { row: { ...row, hash: wrap(row.hash, conversion) }, isWrapped: true }
}

function convertFormerSecret(row: SealedRow, conversion: Conversion): Converted | null {
  const secret = row.sealed === null ? null : JSON.parse(row.sealed)
  if (secret === null || isNext(secret.secretSealed, conversion)) return null
  const secretSealed = resealText('webhook-secret', secret.secretSealed, conversion)
  return { row: { ...row, sealed: JSON.stringify({ ...secret, secretSealed }) }, isWrapped: false }
}

/** A fact about a purchase may contain a key that the shop has issued. */
function convertFact(row: SealedRow, conversion: Conversion): Converted | null {
  const fact: StoredFact | null = row.sealed === null ? null : JSON.parse(row.sealed)
  if (fact?.type !== 'key' || isNext(fact.key.keySealed, conversion)) return null
  const { isWrapped, ...key } = convertKey(fact.key, conversion)
  const next = { ...fact, key: { ...fact.key, ...key } }
  return { row: { ...row, hash: hashFact(next), sealed: JSON.stringify(next) }, isWrapped }
}

/** Its hash is compared with that of a fact, whose text is known. */
function convertUnit(row: SealedRow, conversion: Conversion): Converted | null {
  const applied = row.sealed === null ? null : JSON.parse(row.sealed)
  if (!applied?.keyHash || isNext(applied.keyHash, conversion)) return null
  const keyHash = wrap(applied.keyHash, conversion)
  return { row: { ...row, sealed: JSON.stringify({ ...applied, keyHash }) }, isWrapped: true }
}
