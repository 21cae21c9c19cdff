import { createBoundedMap } from '~/platform/bounded-map.ts'

/** An edge repeats a request at once after a reset. */
const REMEMBERED_MS = 10_000
const REMEMBERED_MAX = 10_000

interface Remembered {
  readonly body: ArrayBuffer
  readonly init: ResponseInit
}

/**
 * Returns a function that runs a request of an edge once: a repeat with the same ID gets the response to
 * the first. An edge repeats a request if the connection was reset, without knowing whether it arrived.
 */
export function createRunOnce() {
  const remembered = createBoundedMap<string, Promise<Remembered>>(REMEMBERED_MAX, REMEMBERED_MS)

  return async (id: string, run: () => Promise<Response>): Promise<Response> => {
    const known = remembered.get(id)
    const running = known ?? run().then(remember)
    if (known === undefined) remembered.set(id, running)
    const { body, init } = await running
    return new Response(body.byteLength === 0 ? null : body, init)
  }
}

async function remember(response: Response): Promise<Remembered> {
  const { status, headers } = response
  return { body: await response.arrayBuffer(), init: { status, headers } }
}
