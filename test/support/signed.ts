import { createHash } from 'node:crypto'
import { importJWK, type JWTPayload, jwtVerify } from 'jose'
import { assert } from '~/assert.ts'
import { readResponse, type TestResponse } from './app.ts'
import { type ListeningApp, openListeningApp } from './licensed-app.ts'

export const NONCE = 'a-nonce-of-this-test'

export type Claims = JWTPayload & { readonly [name: string]: unknown }

export interface SignedApp extends ListeningApp {
  /** Posts to a client route over a socket. A text or bytes are sent exactly as they are. */
  post(path: string, body: unknown): Promise<TestResponse>
  /** Posts fields with the license key, a lease requested, and a nonce. */
  ask(path: string, fields?: object): Promise<TestResponse>
  /** Returns the claims of a lease, which `jose` has verified at the time of the clock. */
  lease(response: TestResponse): Promise<Claims>
  /** Returns the claims of an answer, likewise. */
  answer(response: TestResponse): Promise<Claims>
}

/** Opens the application with a license of the plan `sold`, and listens on a socket. */
export async function openSignedApp(terms: object = {}): Promise<SignedApp> {
  const app = await openListeningApp(terms)

  async function post(path: string, body: unknown): Promise<TestResponse> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: isRaw ? body : JSON.stringify(body) }
    return readResponse(await fetch(`${app.url}/${path}`, init))
  }

  async function read(typ: string, { body }: TestResponse): Promise<Claims> {
    const keys = app.deps.signer.listPublicKeys()
    const getKey = ({ kid }: { kid?: string }) => {
      const key = keys.find((each) => each.kid === kid && each.state === 'active')
      assert(key !== undefined, 'the token is signed with the active key')
      return importJWK({ kty: 'OKP', crv: 'Ed25519', x: key.x, alg: 'EdDSA' })
    }
    const currentDate = new Date(app.clock.nowMs())
    const options = { typ, algorithms: ['EdDSA'], issuer: 'licet', currentDate }
    const { payload, protectedHeader } = await jwtVerify(body.signed, getKey, options)
    assert(Object.keys(protectedHeader).join() === 'alg,kid,typ', 'the header has three members')
    return payload
  }

  return {
    ...app,
    post,
    ask: (path, fields) => post(path, { key: app.key, lease: true, nonce: NONCE, ...fields }),
    lease: (response) => read('licet-lease+jwt', response),
    answer: (response) => read('licet-answer+jwt', response),
  }
}

export const toSeconds = (time: string) => Date.parse(time) / 1000

/** Returns the hash of a request or a fingerprint as tokens have it. */
export const hashOf = (content: string | Uint8Array) =>
  createHash('sha256').update(content).digest('base64url')
