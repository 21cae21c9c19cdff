#!/usr/bin/env bun
// Starts the templates and examples as users do, in a folder that has them and the installed package:
// live.ts FOLDER. Licet sends its webhooks to them. Prints a line for each check.
import { join } from 'node:path'

const [folder = ''] = process.argv.slice(2)
const { LICET_URL = '', LICET_TOKEN = '', DENO = 'deno' } = process.env
const TIMEOUT_MS = 90_000
const domain = 'app.example.com'

const programs: Readonly<Record<string, readonly string[]>> = {
  'Cloudflare template': ['node', 'miniflare.mjs', 'worker.bundled.js'],
  'Deno template': [DENO, 'run', '--allow-all', '--config', 'deno.json', 'main.js'],
  'Bun example': ['bun', 'bun.js'],
  'Node.js example': ['node', 'node.js'],
  'Vercel example': ['node', 'vercel.mjs'],
}

interface Answer {
  readonly valid?: boolean
  readonly error?: string
  readonly age: string | null
}

async function manage(
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, string>> {
  const headers = { authorization: `Bearer ${LICET_TOKEN}`, 'content-type': 'application/json' }
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
  const response = await fetch(`${LICET_URL}/api/v1${path}`, init)
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
  return (await response.json()) as Record<string, string>
}

function findPort(): number {
  const server = Bun.serve({ port: 0, fetch: () => new Response() })
  const { port = 0 } = server
  void server.stop(true)
  return port
}

async function validate(url: string, key = ''): Promise<Answer> {
  const response = await fetch(`${url}/api/v1/validate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key, domain }),
  })
  return { ...((await response.json()) as object), age: response.headers.get('age') }
}

/** Validates a license until the answer is as expected. */
async function waitFor(url: string, key: string, isExpected: (answer: Answer) => boolean) {
  const endMs = Date.now() + TIMEOUT_MS
  let last: unknown = null
  while (Date.now() < endMs) {
    const answer = await validate(url, key).catch((error) => ({ error: String(error), age: null }))
    if (isExpected(answer)) return
    last = answer
    await Bun.sleep(100)
  }
  throw new Error(`The last answer was ${JSON.stringify(last)}`)
}

async function check(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await run()
    console.log(`ok - ${name}`)
  } catch (error) {
    console.log(`not ok - ${name}\n  ${error}`)
  }
}

async function checkProgram(name: string, command: readonly string[], plan: string) {
  const port = findPort()
  const url = `http://127.0.0.1:${port}`
  const [edge, hook, license] = [
    await manage('POST', '/edges', { name }),
    await manage('POST', '/webhooks', {
      url: `${url}/_licet/hook`,
      events: ['license.*', 'activation.deleted'],
    }),
    await manage('POST', '/licenses', { plan, customer_email: 'dev@example.com' }),
  ]
  const { key = '', id = '' } = license
  const program = Bun.spawn(
    [...command, ...(command.includes('miniflare.mjs') ? [`${port}`] : [])],
    {
      cwd: folder,
      stdout: 'inherit',
      stderr: 'inherit',
      env: {
        ...process.env,
        PORT: String(port),
        LICET_PRIMARY: LICET_URL,
        LICET_EDGE_TOKEN: edge.token,
        LICET_WEBHOOK_SECRET: hook.secret,
        LICET_KV: join(folder, 'facts.sqlite'),
      },
    },
  )
  await check(`${name}: confirms a license that it knows`, () =>
    waitFor(url, key, ({ valid, age }) => valid === true && age !== null),
  )
  await check(`${name}: reports what it has confirmed`, async () => {
    const endMs = Date.now() + TIMEOUT_MS
    for (;;) {
      const found = await manage('GET', `/licenses/${id}`)
      if (Number(found.validation_count) >= 2) return
      if (Date.now() > endMs) throw new Error(JSON.stringify(found))
      await Bun.sleep(100)
    }
  })
  await check(
    `${name}: refuses a revoked license, because Licet has sent it the event`,
    async () => {
      await manage('POST', `/licenses/${id}/revoke`, {})
      await waitFor(url, key, ({ error }) => error === 'LICENSE_REVOKED')
    },
  )
  program.kill()
  await program.exited
}

await manage('POST', '/products', { slug: 'live', name: 'Live', key_prefix: 'LIVE' })
await manage('POST', '/plans', { slug: 'live', product: 'live', name: 'Live', max_domains: 3 })
for (const [name, command] of Object.entries(programs)) {
  await checkProgram(name, command, 'live').catch((error) =>
    console.log(`not ok - ${name}: starts\n  ${error}`),
  )
}
