import type { TestResponse } from './app.ts'
import type { ServerProcess } from './server.ts'

const order = { plan: 'professional', customer_email: 'dev@example.com' }

/** The requests of clients while the database was disturbed. */
export interface Load {
  /** The licenses whose creation was acknowledged, by the reference that names the order. */
  readonly acknowledged: ReadonlyMap<string, { readonly id: string; readonly key: string }>
  /** Refusals and lost connections, as texts. */
  readonly failures: readonly string[]
  /** Responses that contradict what was acknowledged. */
  readonly contradictions: readonly string[]
  /** Ends the load, and resolves when no request is under way. */
  stop(): Promise<void>
}

/**
 * Creates licenses on all servers, each order with an Idempotency-Key and again until it is acknowledged, and
 * validates those that were acknowledged.
 */
export function startLoad(nodes: readonly ServerProcess[], clients: number): Load {
  const acknowledged = new Map<string, { id: string; key: string }>()
  const failures: string[] = []
  const contradictions: string[] = []
  let isOver = false
  let count = 0

  async function send(path: string, body: unknown, key?: string): Promise<TestResponse | null> {
    const node = nodes[Math.floor(Math.random() * nodes.length)]
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key }
    const response = await node?.send('POST', path, body, headers).catch(() => null)
    if (response === null || response === undefined) failures.push('connection lost')
    else if (response.status >= 400) {
      failures.push(`${response.status} ${response.headers.get('retry-after')}`)
    }
    return response ?? null
  }

  async function buy(): Promise<void> {
    count += 1
    const reference = `order-${count}`
    for (;;) {
      const body = { ...order, external_ref: reference }
      const created = await send('/api/v1/licenses', body, reference)
      if (created?.status !== 201) continue
      const { id, key } = created.body
      acknowledged.set(reference, { id, key })
      const validated = await send('/api/v1/validate', { key })
      if (validated?.status === 200 && validated.body.valid !== true) {
        contradictions.push(`${reference}: ${validated.text}`)
      }
      return
    }
  }

  const run = async () => {
    while (!isOver) await buy()
  }
  const running = Array.from({ length: clients }, run)
  return {
    acknowledged,
    failures,
    contradictions,
    stop: async () => {
      isOver = true
      await Promise.all(running)
    },
  }
}

/** Returns the references of all licenses, of which there may be several with the same. */
export async function listReferences(node: ServerProcess): Promise<string[]> {
  const references: string[] = []
  let cursor = ''
  do {
    const { body } = await node.send('GET', `/api/v1/licenses?limit=100${cursor}`)
    for (const license of body.data) references.push(license.external_ref)
    cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`
  } while (cursor !== '')
  return references
}
