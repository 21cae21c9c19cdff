import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const IV_BYTES = 12
const TAG_BYTES = 16

/** What is encrypted, each purpose under a key of its own. */
export type Purpose = 'license-key' | 'kept-answer' | 'webhook-secret'

/**
 * Everything that needs the master secret. Keys are derived by HKDF-SHA-256 (RFC 5869), one per
 * use, so that none can be exchanged for another and the master secret is never used itself.
 */
export interface Vault {
  /** HMAC-SHA-256 of a license key's canonical form, base64url: what it is looked up by. */
  hashKey(canonicalKey: string): string
  hashToken(token: string): string
  hashRequest(request: string): string
  /** AES-256-GCM; base64url of iv, tag and ciphertext. */
  seal(purpose: Purpose, text: string): string
  /** Throws when the text was sealed for another purpose, by another secret, or was altered. */
  open(purpose: Purpose, sealed: string): string
  /** Tells one master secret from another without telling what it is. */
  readonly check: string
}

export function createVault(masterSecret: Uint8Array): Vault {
  const derive = (use: string) =>
    Buffer.from(hkdfSync('sha256', masterSecret, new Uint8Array(), `licet/v1/${use}`, 32))
  const hashUnder = (use: string) => {
    // A copy of a keyed hasher takes half the time of a new one, and each validation needs it.
    const hasher = new Bun.CryptoHasher('sha256', derive(use))
    return (text: string) => hasher.copy().update(text).digest('base64url')
  }
  const sealingKeys: Record<Purpose, Buffer> = {
    'license-key': derive('seal/license-key'),
    'kept-answer': derive('seal/kept-answer'),
    'webhook-secret': derive('seal/webhook-secret'),
  }

  function seal(purpose: Purpose, text: string): string {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', sealingKeys[purpose], iv)
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
  }

  function open(purpose: Purpose, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64url')
    const iv = bytes.subarray(0, IV_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', sealingKeys[purpose], iv)
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    const body = bytes.subarray(IV_BYTES + TAG_BYTES)
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
  }

  return {
    hashKey: hashUnder('hash/license-key'),
    hashToken: hashUnder('hash/token'),
    hashRequest: hashUnder('hash/request'),
    seal,
    open,
    check: hashUnder('check')('licet'),
  }
}
