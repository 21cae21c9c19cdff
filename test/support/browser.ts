import { shellActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { buildOperator, type Operator } from '~/domain/operators.ts'
import { createSetupLink } from '~/http/setup-links.ts'
import type { Config, Environment } from '~/platform/config.ts'
import type { SmtpSettings } from '~/platform/config-mail.ts'
import { openTestApp, readResponse, type TestApp, type TestResponse } from './app.ts'

type GivenHeaders = Readonly<Record<string, string | undefined>>

/** A browser with a page of the server: it sends the cookies that it got, and says where it is. */
export interface Browser {
  /** The `Cookie` header of the next request. */
  cookie(): string
  /** Sends JSON. `headers` replace those of the browser; an undefined one removes a header. */
  send(method: string, path: string, body?: unknown, headers?: GivenHeaders): Promise<TestResponse>
}

/** Opens a browser at this address. Its origin is `origin`, by default the same. */
export function openBrowser(url: string, origin = url): Browser {
  const jar = new Map<string, string>()
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

  function keep(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (line.includes('Max-Age=0')) jar.delete(name)
      else jar.set(name, value)
    }
  }

  return {
    cookie,
    async send(method, path, body, given = {}) {
      const all: GivenHeaders = {
        cookie: jar.size === 0 ? undefined : cookie(),
        'sec-fetch-site': 'same-origin',
        origin: method === 'GET' ? undefined : origin,
        'content-type': body === undefined ? undefined : 'application/json',
        'user-agent': 'a browser of a test',
        ...given,
      }
      const headers = Object.entries(all).flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, value]],
      )
      const init: RequestInit = { method, headers }
      if (body !== undefined) init.body = JSON.stringify(body)
      const response = await readResponse(await fetch(url + path, init))
      keep(response.headers)
      return response
    },
  }
}

/** A server in this process that listens on a socket. */
export interface ServedApp extends TestApp {
  readonly url: string
  /** Creates a setup link for an operator, or without one. Returns its token. */
  setupToken(operator?: Operator | null): Promise<string>
  createOperator(given?: Partial<Operator>): Promise<Operator>
  /** Opens a browser that an operator or the token of an API key has signed in. */
  signedIn(by: { readonly token: string } | { readonly setup: string }): Promise<Browser>
}

/** Opens the whole application on a free port of the loopback address. */
export async function serveTestApp(
  config: Partial<Config> = {},
  smtp: SmtpSettings | null = null,
  env: Environment = {},
): Promise<ServedApp> {
  const opened = await openTestApp(config, smtp, env)
  const { deps } = opened
  opened.app.listen({ port: 0, hostname: '127.0.0.1' })
  const url = `http://127.0.0.1:${opened.app.server?.port}`
  const ownContext = () => buildOwnContext(shellActor, deps.clock.nowMs())
  const close = async () => {
    await opened.app.stop(true)
    await opened.close()
  }

  return {
    ...opened,
    url,
    close,
    [Symbol.asyncDispose]: close,
    async setupToken(operator = null) {
      const { path } = await createSetupLink(deps, operator?.id ?? null, ownContext())
      return path.replace('/admin#setup=', '')
    },
    createOperator(given = {}) {
      const createdAtMs = deps.clock.nowMs()
      const named = { id: deps.createId('op'), name: 'Ada', createdAtMs, ...given }
      return deps.store.operators.create(buildOperator(named), ownContext())
    },
    async signedIn(by) {
      const browser = openBrowser(url)
      const { status, text } = await browser.send('POST', '/api/v1/session', by)
      if (status !== 201) throw new Error(`The sign-in failed: ${text}`)
      return browser
    },
  }
}
