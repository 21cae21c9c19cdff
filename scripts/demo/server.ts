import { resolve } from 'node:path'
import type { Clock, Deps } from '~/deps.ts'
import { shellActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { createSetupLink } from '~/http/setup-links.ts'
import { announceExpiries } from '~/jobs/announce-expiries.ts'
import { deliverWebhooks } from '~/jobs/deliver-webhooks.ts'
import { expireLicenses } from '~/jobs/expire-licenses.ts'
import { processCheckout } from '~/jobs/process-checkout.ts'
import { sendMails } from '~/jobs/send-mails.ts'
import { readConfig } from '~/platform/config.ts'
import { buildApp } from '~/server/app.ts'
import { openRuntime } from '~/server/runtime.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { type Browser, openBrowser } from '../../test/support/browser.ts'
import { signEvent } from '../../test/support/checkout.ts'
import type { OperatorName } from './catalog.ts'

const SHOP_SECRET = 'whsec_ZmFrZSBzZWNyZXQgb2YgYSBkZW1v'
const OFFICE = { 'x-forwarded-for': '203.0.113.7' }
const SHOP = '198.51.100.20'
const SESSION_MS = 10 * 3_600_000

// biome-ignore lint/suspicious/noExplicitAny: responses have every shape.
type Body = any

/** A server in this process whose clock is set by hand, and whose network is a part of the demo. */
export interface DemoServer extends AsyncDisposable {
  readonly deps: Deps
  nowMs(): number
  /** Moves the clock forward. */
  moveTo(timeMs: number): void
  /** Sends a request of an operator, who signs in first if necessary. */
  asOperator(name: OperatorName, method: string, path: string, body?: object): Promise<Body>
  withToken(token: string, method: string, path: string, body?: object): Promise<Body>
  /** Calls a client route, as an app in this place does. It may be refused. */
  asApp(path: string, body: object, from: Place): Promise<Body>
  /** Sends a signed event of the shop, and processes it. */
  asShop(provider: 'standard' | 'stripe' | 'paddle', event: object): Promise<void>
  /** Runs what the timers of a server would run: mails, deliveries and expirations. */
  runJobs(): Promise<void>
}

interface Place {
  readonly country: string
  readonly address: string
}

/** The mail server and the receivers of webhooks, which the demo does not have. */
export type Network = Pick<Deps, 'post' | 'sendMail'>

export async function openDemoServer(
  directory: string,
  startMs: number,
  network: (nowMs: () => number) => Network,
): Promise<DemoServer> {
  let currentMs = startMs
  const nowMs = () => currentMs
  // The storage reads the clock of the process.
  const readNow = Date.now
  Date.now = nowMs
  await using opened = new AsyncDisposableStack()
  opened.defer(() => {
    Date.now = readNow
  })
  opened.use(lockDirectory(directory, `A server is using ${directory}. Stop it first.`))
  const runtime = opened.use(await openRuntime(readConfig(settingsOf(directory), false)))
  const deps: Deps = { ...runtime.deps, clock: createDemoClock(nowMs), ...network(nowMs) }
  await deps.signer.prepare(currentMs)
  const app = buildApp(deps)
  app.listen({ port: 0, hostname: '127.0.0.1' })
  opened.defer(() => app.stop(true).then(() => undefined))
  const url = `http://127.0.0.1:${app.server?.port}`
  const asOperator = createOperators(deps, url)
  const run = async (...jobs: readonly (typeof sendMails)[]) => {
    for (const job of jobs) await job.run(deps, new AbortController().signal)
  }
  const disposal = opened.move()

  return {
    deps,
    nowMs,
    moveTo(timeMs) {
      currentMs = Math.max(currentMs, timeMs)
    },
    asOperator,
    withToken: (token, method, path, body) =>
      send(url, method, path, body, { authorization: `Bearer ${token}`, 'x-forwarded-for': SHOP }),
    asApp: (path, body, { country, address }) =>
      send(url, 'POST', path, body, { 'cf-ipcountry': country, 'x-forwarded-for': address }),
    async asShop(provider, event) {
      const body = JSON.stringify(event)
      const signing = { secret: SHOP_SECRET, atMs: currentMs, id: `msg_${Bun.hash(body)}` }
      await send(url, 'POST', `/checkout/${provider}`, event, signEvent(provider, body, signing))
      await run(processCheckout)
    },
    runJobs: () => run(expireLicenses, announceExpiries, sendMails, deliverWebhooks),
    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  }
}

const settingsOf = (directory: string) => ({
  LICET_DATA_DIR: resolve(directory),
  LICET_LOG_LEVEL: 'silent',
  LICET_TRUSTED_PROXIES: '127.0.0.1/32',
  LICET_COUNTRY_HEADER: 'cf-ipcountry',
  LICET_STANDARD_SECRETS: SHOP_SECRET,
  LICET_STRIPE_SECRETS: SHOP_SECRET,
  LICET_PADDLE_SECRETS: SHOP_SECRET,
  LICET_SMTP_URL: 'smtp://127.0.0.1:25',
  LICET_MAIL_FROM: 'Brightforge <licenses@brightforge.example>',
  LICET_BRAND_NAME: 'Brightforge',
})

function createDemoClock(nowMs: () => number): Clock {
  const resume = () => undefined
  return { nowMs, elapsedMs: nowMs, trustedMs: nowMs, resume, check: () => 0 }
}

type Headers = Readonly<Record<string, string>>

async function send(
  url: string,
  method: string,
  path: string,
  body: object | undefined,
  headers: Headers,
): Promise<Body> {
  const init: RequestInit = { method, headers: { ...headers, 'content-type': 'application/json' } }
  if (body !== undefined) init.body = JSON.stringify(body)
  const response = await fetch(`${url}/api/v1${path}`, init)
  const text = await response.text()
  const isRefused = response.status === 409 && !('authorization' in headers)
  if (!response.ok && !isRefused) throw new Error(`${method} ${path} failed: ${text}`)
  return text === '' ? null : JSON.parse(text)
}

function createOperators(deps: Deps, url: string): DemoServer['asOperator'] {
  const { store, clock } = deps
  const sessions = new Map<string, { readonly browser: Browser; readonly atMs: number }>()

  /** The first operator gives a name with the first link, and creates the others later. */
  async function signIn(name: OperatorName): Promise<Browser> {
    const operator = await store.operators.findByName(name)
    const context = buildOwnContext(shellActor, clock.nowMs())
    const { path } = await createSetupLink(deps, operator?.id ?? null, context)
    const browser = openBrowser(url)
    const setup = path.replace('/admin#setup=', '')
    await require2xx(browser.send('POST', '/api/v1/session', { setup, name }, OFFICE))
    sessions.set(name, { browser, atMs: clock.nowMs() })
    return browser
  }

  return async (name, method, path, body) => {
    const session = sessions.get(name)
    const isOld = session === undefined || clock.nowMs() - session.atMs > SESSION_MS
    const browser = isOld ? await signIn(name) : session.browser
    return require2xx(browser.send(method, `/api/v1${path}`, body, OFFICE))
  }
}

async function require2xx(sent: ReturnType<Browser['send']>): Promise<Body> {
  const { status, text, body } = await sent
  if (status >= 300) throw new Error(`A request failed: ${text}`)
  return body
}
