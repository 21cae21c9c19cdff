import { afterAll, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { checkoutStates } from '~/domain/checkout-events.ts'
import { writeDemo } from '../scripts/demo/write.ts'
import { createScratchDirectory } from './support/scratch.ts'
import { ADMIN_TOKEN, runLicet, Sandbox, startServer } from './support/server.ts'

const TIMEOUT_MS = 180_000

const directory = createScratchDirectory()
const sandbox = new Sandbox()
afterAll(() => {
  rmSync(directory, { recursive: true })
  sandbox[Symbol.dispose]()
})

test(
  'seed: the demo has licenses, events and mails in every state, and its history is consistent',
  async () => {
    const readNow = Date.now
    await writeDemo(directory, { licenses: 120, seed: 1, endsAtMs: Date.now() })
    expect(Date.now).toBe(readNow)
    const env = { LICET_DATA_DIR: directory, LICET_ADMIN_TOKEN: ADMIN_TOKEN }
    expect((await runLicet(sandbox, ['check'], env)).code).toBe(0)

    await using server = await startServer(sandbox, env)
    const read = async (path: string) => (await server.send('GET', `/api/v1${path}`)).body
    const { licenses, webhooks, mails, needs_you } = await read('/overview')
    for (const status of ['active', 'suspended', 'expired', 'revoked']) {
      expect(licenses[status]).toBeGreaterThan(0)
    }
    expect(webhooks.failing).toBe(1)
    expect(mails.failed).toBeGreaterThan(0)
    expect(needs_you.length).toBeGreaterThan(2)
    const { data } = await read('/checkout/events?limit=100')
    const states = new Set(data.map(({ state }: { state: string }) => state))
    // A running server processes at once what it has received.
    expect(states).toEqual(new Set(checkoutStates.filter((state) => state !== 'received')))
    const edges = (await read('/edges')).data
    const isSeen = ({ last_seen_at: at }: { last_seen_at: string | null }) => at !== null
    expect(edges.map(isSeen)).toEqual([false, true])
    const usage = await read('/usage/summary')
    expect(usage.valid).toBeGreaterThan(1000)
    expect(Object.keys(usage.countries).length).toBeGreaterThan(10)
  },
  TIMEOUT_MS,
)
