import { createServer, connect as dial, type Socket } from 'node:net'
import { startFauxqs } from 'fauxqs'

const BUCKET = 'backups'
export const SECRET_KEY = 'the-secret-access-key-of-tests'

/** A bucket on an S3 server of its own. */
export interface TestBucket extends AsyncDisposable {
  /** The URL of a prefix in the bucket. */
  at(prefix: string): string
  /** The variables with which Licet reaches it. */
  readonly env: Readonly<Record<string, string>>
  readonly client: Bun.S3Client
  /** The names of all objects below a prefix. */
  list(prefix: string): Promise<readonly string[]>
}

export async function startBucket(): Promise<TestBucket> {
  const server = await startFauxqs({ port: 0, logger: false })
  server.createBucket(BUCKET)
  const endpoint = `http://127.0.0.1:${server.port}`
  const env = buildEnvironment(endpoint)
  const client = new Bun.S3Client({
    bucket: BUCKET,
    endpoint,
    accessKeyId: 'test',
    secretAccessKey: SECRET_KEY,
  })
  return {
    at: (prefix) => `s3://${BUCKET}/${prefix}`,
    env,
    client,
    list: async (prefix) => {
      const { contents = [] } = await client.list({ prefix: `${prefix}/` })
      return contents.map(({ key }) => key.slice(prefix.length + 1)).sort()
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

function buildEnvironment(endpoint: string) {
  return {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: SECRET_KEY,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT: endpoint,
  }
}

/** A proxy in front of an S3 server that can cut connections in the middle of an upload. */
export async function startCutter(endpoint: string) {
  const { hostname, port } = new URL(endpoint)
  const open = new Set<Socket>()
  let bytesMax = Number.POSITIVE_INFINITY
  let cuts = 0
  const server = createServer((socket) => {
    let bytes = 0
    const upstream = dial(Number(port), hostname)
    open.add(socket)
    const end = () => {
      open.delete(socket)
      socket.destroy()
      upstream.destroy()
    }
    for (const each of [socket, upstream]) each.on('error', end).on('close', end)
    socket.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes > bytesMax) {
        cuts += 1
        end()
      } else upstream.write(chunk)
    })
    upstream.on('data', (chunk) => socket.write(chunk))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const own = typeof address === 'object' && address !== null ? address.port : 0
  return {
    endpoint: `http://127.0.0.1:${own}`,
    /** Cuts each connection after this many bytes of requests. */
    cutAfter: (bytes: number) => {
      bytesMax = bytes
    },
    countCuts: () => cuts,
    [Symbol.dispose]: () => {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}
