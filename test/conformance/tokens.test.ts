import { expect, test } from 'bun:test'
import { createPublicKey, verify } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import vectors from '../../sdks/conformance/vectors/tokens.json'

const { cases, keys } = vectors

/** Codes of tokens that are wrong before their signature is looked at. */
const FORMAT_CODES = new Set(['MALFORMED', 'TYPE_UNEXPECTED', 'KEY_UNKNOWN'])
/** Signatures that satisfy the equation of Ed25519, so that only a check of the points rejects them. */
const WEAK = /^(?:r-(?:identity|order|non)|a-|all-zero)/

const toJwk = (x: string) => ({ kty: 'OKP', crv: 'Ed25519', x, alg: 'EdDSA' })

/** Returns the token in a text, without its armor. */
function strip(text: string): string {
  return text.replace(/-----(?:BEGIN|END) LICET [A-Z]+-----|[\s\ufeff]/g, '')
}

async function findKey(token: string, publicKeys: readonly string[]): Promise<string> {
  const [header = ''] = token.split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
  for (const x of publicKeys.filter((each) => each.length === 43)) {
    if ((await calculateJwkThumbprint(toJwk(x))).slice(0, 16) === kid) return x
  }
  throw new Error(`No pinned key has the kid ${kid}.`)
}

function split(token: string) {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return {
    message: Buffer.from(`${header}.${payload}`),
    payload: Buffer.from(payload, 'base64url'),
    signature: Buffer.from(signature, 'base64url'),
  }
}

function verifyWithNode(token: string, x: string): boolean {
  const { message, signature } = split(token)
  return verify(null, message, createPublicKey({ key: toJwk(x), format: 'jwk' }), signature)
}

async function verifyWithJose(token: string, x: string): Promise<boolean> {
  const key = await importJWK(toJwk(x))
  return compactVerify(token, key).then(
    () => true,
    () => false,
  )
}

test('token vectors: a kid is the start of the thumbprint of its key, as jose computes it', async () => {
  for (const { kid, x } of Object.values(keys)) {
    expect((await calculateJwkThumbprint(toJwk(x))).slice(0, 16)).toBe(kid)
  }
})

test('token vectors: there are at least 60, each with an ID and a description of its own', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60)
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
  expect(new Set(cases.map(({ id, description }) => id + description)).size).toBe(cases.length)
  expect(cases.filter(({ description }) => !/^[A-Z0-9].*\.$/s.test(description))).toEqual([])
  expect(cases.map(({ id }) => id)).toContain('substring domain')
})

const accepted = cases.filter(({ expected }) => expected.ok)

test.each(accepted)('token vectors: jose accepts $id, and reads the same claims', async (each) => {
  const token = strip(each.text)
  const key = await importJWK(toJwk(await findKey(token, each.options.publicKeys)))
  const { payload, protectedHeader } = await compactVerify(token, key)
  expect(payload).toEqual(new Uint8Array(split(token).payload))
  expect(protectedHeader.typ).toBe(each.options.type)
})

const signed = cases.filter(
  ({ expected: { ok, code = '' } }) =>
    !ok && !FORMAT_CODES.has(code) && code !== 'SIGNATURE_INVALID',
)

test.each(signed)(
  'token vectors: the signature of $id is good, so that $expected.code is the only reason',
  async ({ text, options }) => {
    const token = strip(text)
    const x = await findKey(token, options.publicKeys)
    expect(verifyWithNode(token, x)).toBe(true)
    expect(await verifyWithJose(token, x)).toBe(true)
  },
)

const unsound = cases.filter(({ expected }) => expected.code === 'SIGNATURE_INVALID')

test.each(unsound.filter(({ id }) => !WEAK.test(id)))(
  'token vectors: jose, node:crypto and noble reject the signature of $id',
  async ({ text, options }) => {
    const x = await findKey(text, options.publicKeys)
    const { message, signature } = split(text)
    expect(verifyWithNode(text, x)).toBe(false)
    expect(await verifyWithJose(text, x)).toBe(false)
    const point = Buffer.from(x, 'base64url')
    expect(ed25519.verify(signature, message, point, { zip215: true })).toBe(false)
  },
)

test.each(unsound.filter(({ id }) => WEAK.test(id)))(
  'token vectors: the signature of $id satisfies the equation, so a check of the points must reject it',
  async ({ text, options }) => {
    const x = await findKey(text, options.publicKeys)
    const { message, signature } = split(text)
    const point = Buffer.from(x, 'base64url')
    expect(ed25519.verify(signature, message, point, { zip215: true })).toBe(true)
  },
)

test('token vectors: claims are rejected for their types, not for a bad signature', async () => {
  const aboutClaims = cases.filter(
    ({ id, expected }) =>
      expected.code === 'MALFORMED' && /^(?:lease|file|answer|feed|payload|duplicate)-/.test(id),
  )
  const texts = aboutClaims.filter(({ id }) => id !== 'feed-wrong-label')
  expect(texts.length).toBeGreaterThan(60)
  for (const { text, options } of texts) {
    const x = await findKey(text, options.publicKeys)
    expect(verifyWithNode(text, x)).toBe(true)
  }
})

test('token vectors: every claim of a lease has a wrong type once', () => {
  const { text = '' } = accepted.find(({ id }) => id === 'new-lease') ?? {}
  const claims = Object.keys(JSON.parse(split(text).payload.toString()))
  const ids = new Set(cases.map(({ id }) => id))
  expect(claims.length).toBe(21)
  expect(claims.filter((claim) => !ids.has(`lease-${claim}-type`))).toEqual([])
})
