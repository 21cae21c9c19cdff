import { setDefaultTimeout } from 'bun:test'
import type { BrowserContext, Page, Response } from 'playwright-core'
import type { Scope } from '~/domain/api-keys.ts'
import type { Config, Environment } from '~/platform/config.ts'
import { type ServedApp, serveTestApp } from '../../support/browser.ts'
import { checkState } from './check.ts'
import { type Look, launchChromium, openContext } from './chromium.ts'
import { watchPage } from './watch.ts'

/** How long a test may take on a busy machine. */
const TEST_TIMEOUT_MS = 240_000

/** The visitor of a page, and the window. */
export interface Visit extends Look {
  /** An operator with all scopes by default, or an API key with these scopes, or no one. */
  readonly as?: 'operator' | 'no one' | readonly Scope[]
  /** Statuses of 400 and above that the page is expected to get. */
  readonly allow?: readonly number[]
  /** Called with every response, from the first one on. */
  readonly onResponse?: (response: Response) => void
}

/** A page of the server in a browser of its own, without the cookies of others. */
export interface Visited extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  /** Resolves once the page shows its content, and waits for nothing. */
  settle(): Promise<void>
  /** Checks the page in its present state, in light and dark. `isBusy` checks it while it loads. */
  check(state: string, options?: { readonly isBusy?: boolean }): Promise<void>
}

/** Brings a page into its next state. `check` checks it on the way; the last state always is. */
export type Act = (page: Page, check: Visited['check']) => Promise<unknown>

/** A server in this process, and Chromium. The clocks of both start at the same time. */
export interface Site extends ServedApp {
  /** Opens the page at a path, and waits until it has settled. */
  open(path: string, visit?: Visit): Promise<Visited>
  /**
   * Checks a page in light and dark, in a wide and in a narrow window: as it opens, and after `act`,
   * which runs once per window.
   */
  checkFour(path: string, act?: Act, visit?: Visit): Promise<void>
}

/** Opens a server. `env` sets variables, of which `config` replaces some. */
export async function openSite(config: Partial<Config> = {}, env: Environment = {}): Promise<Site> {
  return browse(await serveTestApp(config, null, env))
}

/** Opens a browser for a server, which it closes at its end. */
export async function browse<App extends ServedApp>(served: App): Promise<App & Site> {
  setDefaultTimeout(TEST_TIMEOUT_MS)
  // Bundles the pages, which takes longer than a visit on a busy machine.
  await served.send('GET', '/admin')
  let browser = await launchChromium()

  async function open(path: string, visit: Visit = {}): Promise<Visited> {
    // A test that runs into its timeout ends the processes that it has started.
    if (!browser.isConnected()) browser = await launchChromium()
    const context = await openContext(browser, visit)
    if (visit.as !== 'no one') await context.addCookies([await createCookie(served, visit.as)])
    const page = await context.newPage()
    await page.clock.install({ time: served.clock.nowMs() })
    const watch = watchPage(page, served.url, visit.allow ?? [])
    if (visit.onResponse !== undefined) page.on('response', visit.onResponse)
    await page.goto(served.url + path)
    await watch.settle()
    return {
      page,
      context,
      settle: watch.settle,
      async check(state, { isBusy = false } = {}) {
        if (!isBusy) await watch.settle()
        await checkState(page, watch, state)
      },
      [Symbol.asyncDispose]: () => context.close(),
    }
  }

  async function checkFour(path: string, act?: Act, visit: Visit = {}): Promise<void> {
    for (const size of ['wide', 'narrow'] as const) {
      await using visited = await open(path, { ...visit, size })
      await visited.check('as it opens')
      if (act === undefined) continue
      await act(visited.page, visited.check)
      await visited.check('in its last state')
    }
  }

  async function close(): Promise<void> {
    await browser.close()
    await served.close()
  }

  return { ...served, open, checkFour, close, [Symbol.asyncDispose]: close }
}

/** Lets so much time pass in the page that lists which stay up to date are loaded again. */
export const passTime = (page: Page): Promise<void> => page.clock.fastForward(6_000)

/** Signs in, and returns the cookie of the session. */
async function createCookie(served: ServedApp, as: Visit['as'] = 'operator') {
  const by = isScopes(as)
    ? { token: await served.tokenWith(...as) }
    : { setup: await served.setupToken(await findOperator(served)) }
  const [name = '', value = ''] = (await served.signedIn(by)).cookie().split('=')
  return { name, value, url: served.url, httpOnly: true, sameSite: 'Strict' as const }
}

function isScopes(as: NonNullable<Visit['as']>): as is readonly Scope[] {
  return typeof as !== 'string'
}

const OPERATOR = 'Ada Lovelace'

async function findOperator({ deps, createOperator }: ServedApp) {
  return (await deps.store.operators.findByName(OPERATOR)) ?? createOperator({ name: OPERATOR })
}
