import { type Answer, openTestApp, type TestApp } from './app.ts'

export interface LicensedApp extends TestApp {
  readonly id: string
  readonly key: string
  /** As an app of this license does it. */
  askWithKey(path: string, body: object): Promise<Answer>
  /** What a validation says: `VALID`, or its error. */
  verdict(question: object): Promise<string>
  /** The license as its vendor sees it. */
  license(): Promise<Answer['body']>
  /** Its activations, newest first. */
  activations(): Promise<Answer['body']>
}

/** The application with a license of a plan `sold`: two domains, two devices, and these terms. */
export async function openLicensedApp(terms: object = {}): Promise<LicensedApp> {
  const app = await openTestApp()
  const plan = { slug: 'sold', product: 'default', name: 'Sold', max_domains: 2, max_devices: 2 }
  await app.send('POST', '/api/v1/plans', { ...plan, ...terms })
  const { id, key } = await app.createLicense({ plan: 'sold' })
  const path = `/api/v1/licenses/${id}`
  const askWithKey = (route: string, body: object) => app.ask(route, { key, ...body })
  return {
    ...app,
    id,
    key,
    askWithKey,
    verdict: async (question) => {
      const { body } = await askWithKey('validate', question)
      return body.valid ? 'VALID' : body.error
    },
    license: async () => (await app.send('GET', path)).body,
    activations: async () => (await app.send('GET', `${path}/activations`)).body.data,
  }
}
