import { expect, test } from 'bun:test'
import { setImmediate } from 'node:timers/promises'
import { calculateJwkThumbprint } from 'jose'
import { decideRotation } from '~/domain/signing-keys.ts'
import { contextAt } from '../store/contract/stores.ts'
import { openTestApp } from '../support/app.ts'
import { startMs } from '../support/samples.ts'

const PATH = '/.well-known/licet/jwks.json'
const page = { authorization: undefined, origin: 'https://shop.example' }

test('public keys: they are a key set with both keys from the first start, for any page', async () => {
  await using app = await openTestApp()
  const { status, body, headers, text } = await app.send('GET', PATH, undefined, page)
  expect(status).toBe(200)
  expect(headers.get('cache-control')).toBe('public, max-age=300')
  expect(headers.get('access-control-allow-origin')).toBe('*')
  const facts = { kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA' }
  expect(body).toEqual({
    keys: ['active', 'next'].map((licet_state) => ({
      ...facts,
      kid: expect.stringMatching(/^[\w-]{16}$/),
      x: expect.stringMatching(/^[\w-]{43}$/),
      licet_state,
    })),
  })
  for (const key of body.keys) {
    expect(key.kid).toBe((await calculateJwkThumbprint(key)).slice(0, 16))
  }
  // The private part of a JSON Web Key.
  expect(text).not.toContain('"d"')
  const preflight = await app.send('OPTIONS', PATH, undefined, page)
  expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
    204,
    'GET, HEAD, OPTIONS',
  ])
})

test('public keys: after a rotation, the former key is still listed', async () => {
  await using app = await openTestApp()
  const { store, signer } = app.deps
  await store.signingKeys.change(contextAt(), (keys) =>
    decideRotation(keys, signer.createKeyPair, startMs),
  )
  const readStates = async (): Promise<string[]> => {
    const { body } = await app.send('GET', PATH, undefined, page)
    return body.keys.map(({ licet_state }: { licet_state: string }) => licet_state)
  }
  // The server reads its keys again after the commit.
  while ((await readStates()).length < 3) await setImmediate()
  expect(await readStates()).toEqual(['retired', 'active', 'next'])
})
