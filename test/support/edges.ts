import { assert } from '~/assert.ts'
import type { TestApp, TestResponse } from './app.ts'

export interface TestEdge {
  readonly id: string
  readonly token: string
  /** Asks for changes. Without `wait_ms`, it does not wait for any. */
  poll(query?: Readonly<Record<string, string | number>>): Promise<TestResponse>
  readFacts(body: object): Promise<TestResponse>
  sendUsage(body: object): Promise<TestResponse>
  forward(method: string, path: string, body?: unknown, headers?: object): Promise<TestResponse>
}

/** Creates an edge, which does nothing on its own. */
export async function createTestEdge(app: TestApp, name = 'eu-1'): Promise<TestEdge> {
  const { status, text, body } = await app.send('POST', '/api/v1/edges', { name })
  assert(status === 201, `the edge is created: ${text}`)
  const { id, token } = body
  const authorization = `Bearer ${token}`
  return {
    id,
    token,
    poll: (query = {}) => {
      const given = Object.entries({ wait_ms: 0, ...query })
      const all = given.map(([key, value]): [string, string] => [key, `${value}`])
      const path = `/api/v1/edge/feed?${new URLSearchParams(all)}`
      return app.send('GET', path, undefined, { authorization })
    },
    readFacts: (body) => app.send('POST', '/api/v1/edge/facts', body, { authorization }),
    sendUsage: (body) => app.send('POST', '/api/v1/edge/usage', body, { authorization }),
    forward: (method, path, body, headers = {}) =>
      app.send(method, `/api/v1/edge/forward${path}`, body, { authorization, ...headers }),
  }
}
