import { openTestApp, type TestApp, type TestResponse } from './app.ts'

export interface LicensedApp extends TestApp {
  readonly id: string
  readonly key: string
  /** Posts to a client route with the key of this license. */
  callWithKey(path: string, body: object): Promise<TestResponse>
  /** Validates and returns `VALID` or the error. */
  verdict(body: object): Promise<string>
  /** Returns the license as the management API shows it. */
  license(): Promise<TestResponse['body']>
  /** Returns its activations, newest first. */
  activations(): Promise<TestResponse['body']>
}

/** Opens the application with a license of the plan `sold`: two domains, two devices, `terms`. */
export async function openLicensedApp(terms: object = {}): Promise<LicensedApp> {
  const app = await openTestApp()
  const plan = { slug: 'sold', product: 'default', name: 'Sold', max_domains: 2, max_devices: 2 }
  await app.send('POST', '/api/v1/plans', { ...plan, ...terms })
  const { id, key } = await app.createLicense({ plan: 'sold' })
  const path = `/api/v1/licenses/${id}`
  const callWithKey = (route: string, body: object) => app.callAsClient(route, { key, ...body })
  return {
    ...app,
    id,
    key,
    callWithKey,
    verdict: async (request) => {
      const { body } = await callWithKey('validate', request)
      return body.valid ? 'VALID' : body.error
    },
    license: async () => (await app.send('GET', path)).body,
    activations: async () => (await app.send('GET', `${path}/activations`)).body.data,
  }
}

export interface ListeningApp extends LicensedApp {
  /** The address of the API, such as `http://127.0.0.1:49152/api/v1`. */
  readonly url: string
}

/** Opens the same, and listens on a socket. */
export async function openListeningApp(terms: object = {}): Promise<ListeningApp> {
  const app = await openLicensedApp(terms)
  app.app.listen({ hostname: '127.0.0.1', port: 0 })
  const close = async () => {
    await app.app.stop(true)
    await app.close()
  }
  const url = `http://127.0.0.1:${app.app.server?.port}/api/v1`
  return { ...app, url, close, [Symbol.asyncDispose]: close }
}
