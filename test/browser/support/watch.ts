import type { ConsoleMessage, Page, Response } from 'playwright-core'
import { isSettled, waitForPaint } from './in-page.ts'
import { watchRequests } from './requests.ts'

/** The faults of a page so far, and the end of its requests. */
export interface Watch {
  readonly problems: readonly string[]
  /** Resolves once the page shows its content, and waits for nothing. */
  settle(): Promise<void>
}

/**
 * Watches a page of the server at `origin`. A response of 400 and above is a problem, unless its
 * status is in `allow`.
 */
export function watchPage(page: Page, origin: string, allow: readonly number[]): Watch {
  const problems: string[] = []
  const waitForRequests = watchRequests(page)
  const isOurs = (url: string) => url.startsWith(`${origin}/`) || /^(?:data|blob):/.test(url)

  page.on('request', (request) => {
    if (!isOurs(request.url())) problems.push(`A request left the server: ${request.url()}`)
  })
  page.on('response', (response: Response) => {
    const status = response.status()
    if (status >= 400 && !allow.includes(status))
      problems.push(`${response.request().method()} ${response.url()} returned ${status}`)
  })
  page.on('pageerror', (error) => problems.push(`An error was not caught: ${error.stack}`))
  page.on('console', (message) => {
    if (isProblem(message)) problems.push(`The console says: ${message.text()}`)
  })

  async function settle(): Promise<void> {
    await waitForRequests()
    await page.waitForFunction(isSettled).catch((cause) => {
      throw new Error(`${page.url()} has no h1, or something in it is still busy.`, { cause })
    })
    await page.evaluate(waitForPaint)
    // A component may start other requests once it is painted.
    await waitForRequests()
    await page.waitForFunction(isSettled)
  }

  return { problems, settle }
}

/** Chromium also logs failed requests, which are problems of their own. */
function isProblem(message: ConsoleMessage): boolean {
  const isLoud = message.type() === 'error' || message.type() === 'warning'
  return isLoud && !message.text().startsWith('Failed to load resource')
}
