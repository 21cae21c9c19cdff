// Takes the place of test/client/fixture.ts where no process can be started: the server already runs,
// and the bundler sets its address.
import type { Fixture, SeenRequest } from '../test/client/fixture.ts'

declare const FIXTURE_URL: string

export async function startFixture(): Promise<Fixture> {
  return { url: FIXTURE_URL, [Symbol.asyncDispose]: async () => {} }
}

export async function readLog(url: string): Promise<readonly SeenRequest[]> {
  const response = await fetch(`${url}/log`)
  return (await response.json()).requests
}
