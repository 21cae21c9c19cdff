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
