import { expect, test } from 'bun:test'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { Fault } from '~/domain/faults.ts'
import {
  computeKid,
  formatPrivateKey,
  parsePrivateKey,
  toPrivateKey,
  toPublicText,
} from '~/signing/keys.ts'

/** RFC 8032, section 7.1, test 2. */
const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex')
const publicHex = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'
const signatureHex =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
  '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'

test('signing keys: a seed has the public key and the signature of RFC 8032', () => {
  const privateKey = toPrivateKey(seed)
  expect(Buffer.from(toPublicText(privateKey), 'base64url').toString('hex')).toBe(publicHex)
  expect(sign(null, Buffer.from([0x72]), privateKey).toString('hex')).toBe(signatureHex)
})

test('signing keys: the ID is the start of the thumbprint in the example of RFC 8037', () => {
  const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
  expect('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k').toStartWith(computeKid(x))
  expect(computeKid(x)).toHaveLength(16)
})

test('signing keys: the ID is the start of the thumbprint that another library computes', async () => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const { kty = '', crv = '', x = '' } = publicKey.export({ format: 'jwk' })
  const thumbprint = await calculateJwkThumbprint({ kty, crv, x })
  expect(computeKid(x)).toBe(thumbprint.slice(0, 16))
  const members = `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`
  expect(thumbprint).toBe(createHash('sha256').update(members).digest('base64url'))
})

test('signing keys: a private key survives the way to a PEM file and back', () => {
  const text = formatPrivateKey(toPrivateKey(seed))
  expect(text).toStartWith('-----BEGIN PRIVATE KEY-----\n')
  expect(Buffer.from(parsePrivateKey(text))).toEqual(seed)
  expect(Buffer.from(parsePrivateKey(`${text.replaceAll('\n', '\r\n')}\r\n`))).toEqual(seed)
})

const others: [name: string, text: string][] = [
  ['nothing', ''],
  ['any text', 'a letter to the editor'],
  [
    'a public key',
    generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  ],
  [
    'a key of another kind',
    generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  ],
  [
    'an RSA key',
    generateKeyPairSync('rsa', { modulusLength: 1024 })
      .privateKey.export({ format: 'pem', type: 'pkcs8' })
      .toString(),
  ],
]

test.each(others)('signing keys: %s is no private key', (_name, text) => {
  expect(() => parsePrivateKey(text)).toThrow(Fault)
})
