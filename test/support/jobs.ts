import type { Deps } from '~/deps.ts'
import { deliverWebhooks } from '~/jobs/deliver-webhooks.ts'
import type { Job } from '~/jobs/job.ts'
import type { TestApp, TestResponse } from './app.ts'
import type { Receiver } from './receiver.ts'

/** Runs one round, as `licet jobs run` does. */
export function runJob(job: Job, deps: Deps): Promise<number> {
  return job.run(deps, new AbortController().signal)
}

/** Attempts every due delivery. Returns how many attempts there were. */
export function deliver({ deps }: Pick<TestApp, 'deps'>): Promise<number> {
  return runJob(deliverWebhooks, deps)
}

/** Creates an endpoint for the receiver that gets every event, unless `fields` says otherwise. */
export async function createWebhook(
  app: TestApp,
  { url }: Pick<Receiver, 'url'>,
  fields: object = {},
): Promise<TestResponse['body']> {
  const { status, text, body } = await app.send('POST', '/api/v1/webhooks', { url, ...fields })
  if (status !== 201) throw new Error(`no endpoint was created: ${text}`)
  return body
}

/** Returns the deliveries of an endpoint, oldest first, each with its attempts. */
export async function deliveriesOf(
  app: TestApp,
  webhookId: string,
): Promise<TestResponse['body'][]> {
  const list = await app.send('GET', `/api/v1/webhooks/${webhookId}/deliveries?limit=100`)
  const ids = list.body.data.map(({ id }: { id: string }) => id).reverse()
  return Promise.all(
    ids.map(async (id: string) => (await app.send('GET', `/api/v1/deliveries/${id}`)).body),
  )
}
