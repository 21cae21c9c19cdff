import type { ScratchSchema } from './postgres.ts'
import { ADMIN_TOKEN, type Launch, Sandbox, type ServerProcess, startServer } from './server.ts'

const secret = Buffer.alloc(32, 7).toString('base64')

/** Returns the size of a test: the full one takes minutes, and needs TEST_SIZE=full. */
export const sizeOf = (small: number, full: number): number =>
  process.env.TEST_SIZE === 'full' ? full : small

/** The environment of all servers on a schema. */
export function nodeEnvironment({ url, schema }: Pick<ScratchSchema, 'url' | 'schema'>) {
  return {
    LICET_DATABASE_URL: `${url}?search_path=${schema}`,
    LICET_MASTER_SECRET: secret,
    LICET_ADMIN_TOKEN: ADMIN_TOKEN,
    LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
  }
}

/** Starts this many servers on a schema, one after the other. They are killed when disposed of. */
export async function startNodes(
  scratch: Pick<ScratchSchema, 'url' | 'schema'>,
  count: number,
  env: Readonly<Record<string, string>> = {},
): Promise<AsyncDisposable & { readonly nodes: readonly ServerProcess[] }> {
  await using started = new AsyncDisposableStack()
  const sandbox = started.use(new Sandbox())
  const launch: Launch = { cwd: sandbox.path }
  const nodes: ServerProcess[] = []
  for (let index = 0; index < count; index += 1) {
    const server = await startServer(launch, { ...nodeEnvironment(scratch), ...env })
    nodes.push(started.use(server))
  }
  const stack = started.move()
  return { nodes, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
