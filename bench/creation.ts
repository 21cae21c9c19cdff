import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isComplete } from './load.ts'
import { median } from './report.ts'

const help = `Measures how many licenses are created per second, each of them durable, and how much CPU time of
the server's process each takes. Several checkouts take turns in each round.

Usage:
  bun bench/creation.ts [CHECKOUT...]   this checkout by default

Options (default):
  --rounds N    (5)
  --seconds N   per measurement (3)
  --clients N   keep-alive connections that create one license at a time (64)
  --quantity N  licenses per batch (1000)`

const PLAN = 'professional'
const ORDER = { plan: PLAN, customer_email: 'buyer@example.com', customer_name: 'Ann Buyer' }
const CREATE = '/api/v1/licenses'
const CREATE_BATCH = '/api/v1/licenses/batch'
const TICKS_PER_SECOND = 100

/** A running server that measurements create licenses on. */
export interface Target {
  readonly port: number
  readonly pid: number
  readonly token: string
}

export interface CreationResult {
  readonly licensesPerSecond: number
  /** CPU time of the whole process, as the operating system counts it. */
  readonly cpuMicrosPerLicense: number
}

/** Creates single licenses from many connections at once. */
export function measureSingles(target: Target, clients: number, seconds: number) {
  return measureCreation(target, { path: CREATE, body: ORDER, quantity: 1, clients, seconds })
}

/** Creates batches, one after another. */
export function measureBatches(target: Target, quantity: number, seconds: number) {
  const body = { ...ORDER, quantity }
  return measureCreation(target, { path: CREATE_BATCH, body, quantity, clients: 1, seconds })
}

interface Load {
  readonly path: string
  readonly body: object
  readonly quantity: number
  readonly clients: number
  readonly seconds: number
}

async function measureCreation(target: Target, load: Load): Promise<CreationResult> {
  const cpuBefore = readCpuSeconds(target.pid)
  const startedAtMs = performance.now()
  const endsAtMs = startedAtMs + load.seconds * 1000
  const request = buildRequest(target.token, load)
  const counts = await Promise.all(
    Array.from({ length: load.clients }, () => createUntil(endsAtMs, target.port, request)),
  )
  const seconds = (performance.now() - startedAtMs) / 1000
  const created = counts.reduce((sum, count) => sum + count, 0) * load.quantity
  const cpuSeconds = readCpuSeconds(target.pid) - cpuBefore
  return {
    licensesPerSecond: created / seconds,
    cpuMicrosPerLicense: (cpuSeconds * 1_000_000) / created,
  }
}

function buildRequest(token: string, { path, body }: Load): string {
  const json = JSON.stringify(body)
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n`
  return `${head}Content-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`
}

/** Sends a request again and again over one connection. Returns how many got 201. */
function createUntil(endsAtMs: number, port: number, request: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let count = 0
  let chunks: string[] = []
  const connecting = Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: (socket) => void socket.write(request),
      data(socket, chunk) {
        chunks.push(chunk.toString('latin1'))
        // Joining all chunks each time would take long for a large response.
        if (!chunk.subarray(-4).includes('}') && !chunk.subarray(-4).includes('0\r\n')) return
        const text = chunks.join('')
        if (!isComplete(text) && !text.endsWith('\r\n0\r\n\r\n')) return
        chunks = []
        if (!text.startsWith('HTTP/1.1 201')) reject(new Error(`No license:\n${text}`))
        count += 1
        if (performance.now() < endsAtMs) socket.write(request)
        else {
          resolve(count)
          socket.end()
        }
      },
      close: () => reject(new Error('The server closed the connection.')),
      error: (_socket, error) => reject(error),
    },
  })
  connecting.catch(reject)
  return promise
}

function readCpuSeconds(pid: number): number {
  // The second field is the name, which may contain blanks.
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')
  const values = fields.split(' ')
  return (Number(values[11]) + Number(values[12])) / TICKS_PER_SECOND
}

/** Starts a server over an empty directory. Its log, a line per request, goes to a file. */
async function startServer(checkout: string) {
  const directory = mkdtempSync(join(tmpdir(), 'licet-bench-creation-'))
  const child = Bun.spawn([process.execPath, join(checkout, 'src/main.ts'), 'serve'], {
    env: { LICET_DATA_DIR: directory, LICET_PORT: '0', NODE_ENV: 'production' },
    stdout: Bun.file(join(directory, 'bench.log')),
    stderr: 'pipe',
  })
  const port = await readPort(child.stderr)
  const token = readFileSync(join(directory, 'admin.token'), 'utf8').trim()
  return {
    port,
    token,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill()
      await child.exited
      rmSync(directory, { recursive: true })
    },
  }
}

async function readPort(stderr: ReadableStream<Uint8Array>): Promise<number> {
  const decoder = new TextDecoder()
  let output = ''
  for await (const chunk of stderr) {
    output += decoder.decode(chunk, { stream: true })
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`The server did not start:\n${output}`)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      clients: { type: 'string', default: '64' },
      quantity: { type: 'string', default: '1000' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(help)
  const seconds = Number(values.seconds)
  const kinds = [
    [`one license, ${values.clients} clients`, measureSingles, Number(values.clients)],
    [`quantity ${values.quantity}`, measureBatches, Number(values.quantity)],
  ] as const
  await using servers = new AsyncDisposableStack()
  const rows: { name: string; run: () => Promise<CreationResult>; results: CreationResult[] }[] = []
  const checkouts = positionals.length > 0 ? positionals : [join(import.meta.dir, '..')]
  const targets: [string, Target][] = []
  for (const checkout of checkouts) {
    targets.push([checkout, servers.use(await startServer(checkout))])
  }
  for (const [kind, measure, amount] of kinds) {
    for (const [checkout, target] of targets) {
      const name = checkouts.length > 1 ? `${kind}, ${checkout}` : kind
      await measure(target, amount, 1)
      rows.push({ name, run: () => measure(target, amount, seconds), results: [] })
    }
  }
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const { run, results } of rows) results.push(await run())
  }
  const width = Math.max(...rows.map(({ name }) => name.length))
  console.log(`${''.padEnd(width)}  licenses/s  CPU per license (µs)`)
  for (const { name, results } of rows) {
    const rate = median(results.map(({ licensesPerSecond }) => licensesPerSecond)).toFixed(0)
    const cpu = median(results.map(({ cpuMicrosPerLicense }) => cpuMicrosPerLicense)).toFixed(0)
    console.log(name.padEnd(width) + rate.padStart(12) + cpu.padStart(22))
  }
}

if (import.meta.main) await main()
