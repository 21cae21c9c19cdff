import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const ID_CHARACTERS = 8

/** Each purpose has its own encryption key. */
export type Purpose =
  | 'license-key'
  | 'kept-answer'
  | 'webhook-secret'
  | 'checkout-event'
  | 'signing-seed'
  | 'import-secret'
  | 'master-secret'
  | 'kept-keys'

/** Uses that hash texts which are stored nowhere, so their keys outlive the master secret. */
export type KeptUse =
  | 'hash/token'
  | 'hash/request'
  | 'hash/session'
  | 'hash/sign-in'
  | 'hash/setup-link'
  | 'hash/portal'
  | 'hash/return-code'
  | 'hash/file-secret'

/** A step from a text, or from a former hash of it, to its hash. */
export interface HashStep {
  readonly prefix: string
  /** In base64. */
  readonly key: string
}

/** The keys that are derived from one master secret. */
export type Generation = ReturnType<typeof deriveGeneration>

/**
 * Derives the keys of a master secret by HKDF-SHA-256 (RFC 5869). Each use has its own key, and the master
 * secret itself is never used as a key. What later secrets have hashed or encrypted begins with their ID;
 * `isFirst` is for the secret that a database was created with.
 */
export function deriveGeneration(masterSecret: Uint8Array, isFirst: boolean) {
  const derive = (use: string) =>
    Buffer.from(hkdfSync('sha256', masterSecret, new Uint8Array(), `licet/v1/${use}`, KEY_BYTES))
  const deriveText = (use: string) => derive(use).toString('base64')
  const id = createHash({ prefix: '', key: derive('id') })('licet').slice(0, ID_CHARACTERS)
  const prefix = isFirst ? '' : `${id}.`
  const keyStep = { prefix, key: deriveText('hash/license-key') }
  const wrapStep = { prefix, key: deriveText('wrap/license-key') }
  const sealingKeys = new Map<Purpose, Buffer>()
  const sealingKeyOf = (purpose: Purpose) =>
    sealingKeys.getOrInsertComputed(purpose, () => derive(`seal/${purpose}`))

  return {
    masterSecret,
    prefix,
    /** Identifies the master secret without revealing it. */
    check: createHash({ prefix: '', key: derive('check') })('licet'),
    hashKey: createHash(keyStep),
    keyStep,
    /** Hashes a former hash, whose text is not known. */
    wrapHash: createHash(wrapStep),
    wrapStep,
    /** Returns the keys that are kept, in base64. */
    deriveKept: (): Readonly<Record<KeptUse, string>> => ({
      'hash/token': deriveText('hash/token'),
      'hash/request': deriveText('hash/request'),
      'hash/session': deriveText('hash/session'),
      'hash/sign-in': deriveText('hash/sign-in'),
      'hash/setup-link': deriveText('hash/setup-link'),
      'hash/portal': deriveText('hash/portal'),
      'hash/return-code': deriveText('hash/return-code'),
      'hash/file-secret': deriveText('hash/file-secret'),
    }),

    /** Encrypts with AES-256-GCM. Returns the prefix, and the base64url of iv, tag and ciphertext. */
    seal(purpose: Purpose, text: string): string {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealingKeyOf(purpose), iv)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return prefix + Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
    },

    /** Decrypts. Throws if the value was altered, or sealed with another secret or purpose. */
    open(purpose: Purpose, sealed: string): string {
      const bytes = Buffer.from(sealed.slice(prefix.length), 'base64url')
      const iv = bytes.subarray(0, IV_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', sealingKeyOf(purpose), iv)
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      const body = bytes.subarray(IV_BYTES + TAG_BYTES)
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
    },
  }
}

/** Returns a function that hashes with HMAC-SHA-256, in base64url after the prefix. */
export function createHash({ prefix, key }: { prefix: string; key: string | Uint8Array }) {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : key
  // Copying a keyed hasher takes half the time of creating one, and each validation hashes.
  const hasher = new Bun.CryptoHasher('sha256', bytes)
  if (prefix === '') return (text: string) => hasher.copy().update(text).digest('base64url')
  return (text: string) => prefix + hasher.copy().update(text).digest('base64url')
}
