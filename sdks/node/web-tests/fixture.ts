// Takes the place of test/client/fixture.ts where no process can be started: the server already runs,
// and the bundler sets its port.
import type { Fixture, SeenRequest } from '../test/client/fixture.ts'

declare const FIXTURE_PORT: number

let scenarios = 0

/**
 * A browser repeats a request by itself if it has reused a connection that is cut. So in a page, each
 * scenario has a host of its own, and thereby a new connection.
 */
function chooseHost(): string {
  scenarios += 1
  return 'document' in globalThis ? `scenario-${scenarios}.localhost` : '127.0.0.1'
}

export async function startFixture(): Promise<Fixture> {
  return {
    get url() {
      return `http://${chooseHost()}:${FIXTURE_PORT}`
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

export async function readLog(url: string): Promise<readonly SeenRequest[]> {
  const response = await fetch(`${url}/log`)
  return (await response.json()).requests
}
