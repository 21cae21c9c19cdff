import assert from 'node:assert/strict'
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { test } from 'node:test'
import { toHex } from '../../src/bytes.ts'
import type { TokenType } from '../../src/claims.ts'
import { hmacSha256, sha256 } from '../../src/sha256.ts'
import { TokenError } from '../../src/tokens.ts'
import { type Expectations, verifyToken } from '../../src/verification.ts'
import { verifyEd25519 } from '../../src/web/ed25519.ts'
import { sha512 } from '../../src/web/sha512.ts'
import { readVectors } from '../conformance/vectors.ts'

const KEYS = 20

interface TokenCase {
  readonly text: string
  readonly options: Expectations & { readonly type: TokenType }
  readonly expected: { readonly ok: boolean; readonly code?: string }
}

test('hashes of all lengths around the size of a block are those of node:crypto', () => {
  for (let bytes = 0; bytes < 300; bytes += 1) {
    const message = randomBytes(bytes)
    const key = randomBytes(bytes % 150)
    const hash = (name: string) => createHash(name).update(message).digest('hex')
    assert.equal(toHex(sha256(message)), hash('sha256'))
    assert.equal(toHex(sha512(message)), hash('sha512'))
    const mac = createHmac('sha256', key).update(message).digest('hex')
    assert.equal(toHex(hmacSha256(key, message)), mac)
  }
})

test('a browser without Ed25519 verifies the signatures of node:crypto, and no altered ones', () => {
  for (let count = 0; count < KEYS; count += 1) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    const message = Buffer.from(`message ${count}`)
    const signature = sign(null, message, privateKey)
    assert.equal(verifyEd25519(key, message, signature), true)
    for (const part of [key, message, signature]) {
      const index = count % part.length
      part[index] = (part[index] ?? 0) ^ 1
      assert.equal(verifyEd25519(key, message, signature), false)
      part[index] = (part[index] ?? 0) ^ 1
    }
  }
})

test('a browser without Ed25519 finds in every token of the conformance suite what it should', async () => {
  const { cases } = readVectors<{ readonly cases: readonly TokenCase[] }>('tokens.json')
  for (const { text, options, expected } of cases) {
    const found = await verifyToken(text, options.type, options, async (...parts) =>
      verifyEd25519(...parts),
    ).then(
      () => ({ ok: true }),
      (error) => ({ ok: false, code: error instanceof TokenError ? error.code : error }),
    )
    assert.equal(found.ok, expected.ok)
    if (!found.ok) assert.deepEqual(found, expected)
  }
})
