import { createHash, createPublicKey, verify } from 'node:crypto'
import { toPrivateKey } from '~/signing/keys.ts'
import { openTestApp, type TestApp, type TestResponse } from './app.ts'

/** A private key as a self-hosted Keygen stores it. */
export const testKeygenKey = '07'.repeat(32)
const account = '/v1/accounts/acme'
const type = 'application/vnd.api+json'

/** An application that answers apps of Keygen, and calls it as they do. */
export interface KeygenApp {
  readonly app: TestApp
  /** Sends a request with a license key, or without one, to a path of the account. */
  call(method: string, path: string, key: string | null, body?: unknown): Promise<TestResponse>
  validateKey(key: string, scope?: object): Promise<TestResponse>
  /** Returns the code of a validation. */
  codeOf(key: string, scope?: object): Promise<string>
  createMachine(
    license: { readonly id: string; readonly key: string },
    attributes: object,
  ): Promise<TestResponse>
}

/** Opens an application. With `isSigned`, it has the key for signatures. */
export async function openKeygenApp(isSigned = false): Promise<KeygenApp> {
  const env = isSigned ? { LICET_KEYGEN_PRIVATE_KEY: testKeygenKey } : {}
  const app = await openTestApp({ compat: ['keygen'] }, null, env)
  const call = (method: string, path: string, key: string | null, body?: unknown) =>
    app.send(method, account + path, body, {
      authorization: key === null ? undefined : `License ${key}`,
      'content-type': body === undefined ? undefined : type,
      accept: type,
    })
  const validateKey = (key: string, scope?: object) =>
    call('POST', '/licenses/actions/validate-key', null, { meta: { key, ...(scope && { scope }) } })
  return {
    app,
    call,
    validateKey,
    codeOf: async (key, scope) => (await validateKey(key, scope)).body.meta.code,
    createMachine: ({ id, key }, attributes) =>
      call('POST', '/machines', key, {
        data: {
          type: 'machines',
          attributes,
          relationships: { license: { data: { type: 'licenses', id } } },
        },
      }),
  }
}

/** Whether a response has the signature that SDKs of Keygen verify, for this request. */
export function isSignedFor(
  { headers, text }: TestResponse,
  { method, target, host }: { method: string; target: string; host: string },
): boolean {
  const digest = `sha-256=${createHash('sha256').update(text).digest('base64')}`
  const [, signature = ''] = /signature="([^"]+)"/.exec(headers.get('keygen-signature') ?? '') ?? []
  const date = headers.get('date')
  const message = `(request-target): ${method.toLowerCase()} ${target}\nhost: ${host}\ndate: ${date}\ndigest: ${digest}`
  const publicKey = createPublicKey(toPrivateKey(Buffer.from(testKeygenKey, 'hex')))
  return (
    headers.get('digest') === digest &&
    verify(null, Buffer.from(message), publicKey, Buffer.from(signature, 'base64'))
  )
}
