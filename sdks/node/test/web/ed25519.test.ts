import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import type { TokenType } from '../../src/claims.ts'
import { TokenError } from '../../src/tokens.ts'
import { type Expectations, verifyToken } from '../../src/verification.ts'
import { verifyEd25519 } from '../../src/web/ed25519.ts'
import { readVectors } from '../conformance/vectors.ts'

const KEYS = 20

interface TokenCase {
  readonly text: string
  readonly options: Expectations & { readonly type: TokenType }
  readonly expected: { readonly ok: boolean; readonly code?: string }
}

test('a browser without Ed25519 verifies the signatures of node:crypto, and no altered ones', async () => {
  for (let count = 0; count < KEYS; count += 1) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    const message = Buffer.from(`message ${count}`)
    const signature = sign(null, message, privateKey)
    assert.equal(await verifyEd25519(key, message, signature), true)
    for (const part of [key, message, signature]) {
      const index = count % part.length
      part[index] = (part[index] ?? 0) ^ 1
      assert.equal(await verifyEd25519(key, message, signature), false)
      part[index] = (part[index] ?? 0) ^ 1
    }
  }
})

test('a browser without Ed25519 finds in every token of the conformance suite what it should', async () => {
  const { cases } = readVectors<{ readonly cases: readonly TokenCase[] }>('tokens.json')
  for (const { text, options, expected } of cases) {
    const found = await verifyToken(text, options.type, options, verifyEd25519).then(
      () => ({ ok: true }),
      (error) => ({ ok: false, code: error instanceof TokenError ? error.code : error }),
    )
    assert.equal(found.ok, expected.ok)
    if (!found.ok) assert.deepEqual(found, expected)
  }
})
