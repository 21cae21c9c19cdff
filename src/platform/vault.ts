import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const IV_BYTES = 12
const TAG_BYTES = 16
const FILE_SECRET_BYTES = 16

/** Each purpose has its own encryption key. */
export type Purpose =
  | 'license-key'
  | 'kept-answer'
  | 'webhook-secret'
  | 'checkout-event'
  | 'signing-seed'
  | 'import-secret'

export type Vault = ReturnType<typeof createVault>

/**
 * Hashes and encrypts with keys that are derived from the master secret by HKDF-SHA-256 (RFC 5869).
 * Each use has its own key, and the master secret itself is never used as a key.
 */
export function createVault(masterSecret: Uint8Array) {
  const derive = (use: string) =>
    Buffer.from(hkdfSync('sha256', masterSecret, new Uint8Array(), `licet/v1/${use}`, 32))
  const hashUnder = (use: string) => {
    // Copying a keyed hasher takes half the time of creating one, and each validation hashes.
    const hasher = new Bun.CryptoHasher('sha256', derive(use))
    return (text: string) => hasher.copy().update(text).digest('base64url')
  }
  const sealingKeys: Record<Purpose, Buffer> = {
    'license-key': derive('seal/license-key'),
    'kept-answer': derive('seal/kept-answer'),
    'webhook-secret': derive('seal/webhook-secret'),
    'checkout-event': derive('seal/checkout-event'),
    'signing-seed': derive('seal/signing-seed'),
    'import-secret': derive('seal/import-secret'),
  }

  /** Encrypts with AES-256-GCM. Returns the base64url of iv, tag and ciphertext. */
  function seal(purpose: Purpose, text: string): string {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', sealingKeys[purpose], iv)
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
  }

  /** Decrypts. Throws if the value was altered, or sealed with another secret or purpose. */
  function open(purpose: Purpose, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64url')
    const iv = bytes.subarray(0, IV_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', sealingKeys[purpose], iv)
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    const body = bytes.subarray(IV_BYTES + TAG_BYTES)
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
  }

  const hashFile = hashUnder('file-secret')

  return {
    /** Returns the HMAC-SHA-256 that a license key is looked up by, in base64url. */
    hashKey: hashUnder('hash/license-key'),
    hashToken: hashUnder('hash/token'),
    hashRequest: hashUnder('hash/request'),
    hashSession: hashUnder('hash/session'),
    hashSignIn: hashUnder('hash/sign-in'),
    hashSetupLink: hashUnder('hash/setup-link'),
    hashPortal: hashUnder('hash/portal'),
    hashReturnCode: hashUnder('hash/return-code'),
    /** Returns the secret in a license file, 16 bytes, which its return code proves. */
    deriveFileSecret: (fileId: string) =>
      Buffer.from(hashFile(fileId), 'base64url').subarray(0, FILE_SECRET_BYTES),
    seal,
    open,
    /** Identifies the master secret without revealing it. */
    check: hashUnder('check')('licet'),
  }
}
