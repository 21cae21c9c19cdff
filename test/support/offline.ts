import { createPublicKey, verify } from 'node:crypto'
import { assert } from '~/assert.ts'
import { computeReturnCode } from '~/domain/offline-files.ts'
import { readResponse, type TestApp, type TestResponse } from './app.ts'
import { type ListeningApp, openListeningApp } from './licensed-app.ts'

export interface OfflineApp extends ListeningApp {
  /** Posts to a client route over a socket. */
  post(path: string, body: unknown): Promise<TestResponse>
  /** Requests a file for this fingerprint with a request code of this license. */
  activate(fingerprint: string, fields?: object): Promise<TestResponse>
  /** Enters a return code. */
  giveBack(code: string): Promise<TestResponse>
  /** Calls a management route of this license over a socket. */
  manage(method: string, path: string, body?: unknown): Promise<TestResponse>
  file(body?: object): Promise<TestResponse>
  files(): Promise<TestResponse['body']>
}

/** Opens the application with a license of the plan `sold`, and listens on a socket. */
export async function openOfflineApp(terms: object = {}): Promise<OfflineApp> {
  const app = await openListeningApp(terms)
  const call = async (method: string, path: string, body?: unknown, token = '') => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: token }) }
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    return readResponse(await fetch(`${app.url}/${path}`, init))
  }
  const token = `Bearer ${await app.tokenWith('*')}`
  const post = (path: string, body: unknown) => call('POST', path, body)
  const manage = (method: string, path: string, body?: unknown) =>
    call(method, `licenses/${app.id}${path}`, body, token)
  return {
    ...app,
    post,
    activate: (fingerprint, fields) =>
      post('offline/activate', {
        request: formatRequestCode({ key: app.key, fp: fingerprint, ...fields }),
      }),
    giveBack: (code) => post('offline/deactivate', { key: app.key, code }),
    manage,
    file: (body) => manage('POST', '/file', body ?? {}),
    files: async () => (await manage('GET', '/files')).body.data,
  }
}

/** Returns a request code as an app shows it. */
export function formatRequestCode(fields: object): string {
  const request = { v: 1, nonce: 'nonce-of-a-request', ...fields }
  return `LQ1.${Buffer.from(JSON.stringify(request)).toString('base64url')}`
}

/** Returns the claims of a license file, whose signature and form are checked. */
export function readFile({ deps }: Pick<TestApp, 'deps'>, text: string) {
  return verifyFile(deps.signer.listPublicKeys(), text)
}

/** Does the same with these public keys. */
export function verifyFile(keys: readonly { kid: string; x: string }[], text: string) {
  const [, body = ''] =
    /^-----BEGIN LICET LICENSE-----\n((?:[\w.-]{1,64}\n)+)-----END LICET LICENSE-----\n$/.exec(
      text,
    ) ?? []
  const [header = '', payload = '', signature = ''] = body.replaceAll('\n', '').split('.')
  const { alg, kid, typ } = readPart(header)
  assert(alg === 'EdDSA' && typ === 'licet-file+jwt', 'the header is that of a license file')
  const x = keys.find((each) => each.kid === kid)?.x
  assert(x !== undefined, 'the key of a file is published')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const signed = Buffer.from(`${header}.${payload}`)
  assert(verify(null, signed, publicKey, Buffer.from(signature, 'base64url')), 'the file is signed')
  return readPart(payload)
}

const readPart = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())

/** Returns the return code that an app computes from its file. */
export function returnCodeOf(app: Pick<TestApp, 'deps'>, text: string): string {
  const { ret, jti } = readFile(app, text)
  return computeReturnCode(Buffer.from(ret, 'base64url'), jti)
}
