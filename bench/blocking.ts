import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildCalls, prepareData } from './blocking-calls.ts'
import { DOMAIN, openWorkspace } from './seed.ts'
import { startLicet } from './servers.ts'
import type { Waits } from './validation-stream.ts'

const help = `Measures how long each call holds up a steady stream of 500 validations per second, which
another process sends, and how long the call itself takes. No call may hold it up for 100 ms.

Usage:
  bench/blocking [NAME]   only the calls whose name contains NAME

Options (default):
  --licenses N   licenses in the database (100000)
  --owned N      licenses of the customer who is exported and erased (10000)
  --endpoints N  webhook endpoints that receive every event (50)
  --due N        licenses that expire at the same time (10000)
  --rows N       expired rows that the clean-up deletes (1000000)`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    licenses: { type: 'string', default: '100000' },
    owned: { type: 'string', default: '10000' },
    endpoints: { type: 'string', default: '50' },
    due: { type: 'string', default: '10000' },
    rows: { type: 'string', default: '1000000' },
    help: { type: 'boolean', default: false },
  },
})
const VALIDATED_LICENSES = 1000
/** The longest wait of this time comes from the machine, not from a call. */
const IDLE_MS = 3000
const SETTLE_MS = 300

if (values.help) console.log(help)
else await measureAll(positionals[0] ?? '')

async function measureAll(wanted: string): Promise<void> {
  const amounts = {
    owned: Number(values.owned),
    endpoints: Number(values.endpoints),
    due: Number(values.due),
    rows: Number(values.rows),
  }
  using workspace = await openWorkspace(Number(values.licenses))
  prepareData(workspace.licetDirectory)
  const env = { LICET_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' }
  await using licet = await startLicet(workspace.licetDirectory, workspace.logPath, env)
  const bodies = workspace.keys.slice(-VALIDATED_LICENSES).map((key) => ({ key, domain: DOMAIN }))
  await using stream = await startStream(licet.port, workspace.licetDirectory, bodies)
  console.log(`${'Call'.padEnd(56)} longest wait (ms)  duration (ms)`)
  await measure('nothing', () => Bun.sleep(IDLE_MS), stream)
  for (const [name, call] of buildCalls(licet, workspace.licetDirectory, amounts)) {
    if (call.prepare !== undefined) await call.prepare()
    if (name.includes(wanted)) await measure(name, call.run, stream)
    else if (call.isNeeded) await call.run()
  }
}

type Stream = Awaited<ReturnType<typeof startStream>>

async function measure(name: string, run: () => Promise<unknown>, stream: Stream): Promise<void> {
  await Bun.sleep(SETTLE_MS)
  await stream.takeWaits()
  const startedAtMs = performance.now()
  await run()
  const durationMs = performance.now() - startedAtMs
  await Bun.sleep(SETTLE_MS)
  const { longestMs } = await stream.takeWaits()
  const columns = [longestMs.toFixed(0).padStart(18), durationMs.toFixed(0).padStart(15)]
  console.log(name.padEnd(56) + columns.join(''))
}

async function startStream(port: number, directory: string, bodies: readonly unknown[]) {
  const keysPath = join(directory, 'stream.json')
  await Bun.write(keysPath, JSON.stringify(bodies))
  let receive: (message: unknown) => void = () => undefined
  const nextMessage = () =>
    new Promise<unknown>((resolve) => {
      receive = resolve
    })
  const isReady = nextMessage()
  const script = join(import.meta.dir, 'validation-stream.ts')
  const child = Bun.spawn([process.execPath, script, String(port), keysPath], {
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc: (message) => receive(message),
  })
  await isReady
  return {
    /** Returns the waits since the last call. */
    takeWaits: async () => {
      const waits = nextMessage()
      child.send('take')
      return (await waits) as Waits
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await child.exited
    },
  }
}
