import type { Page, Request } from 'playwright-core'

const TIMEOUT_MS = 45_000

/** Watches the requests of a page. Returns a function that resolves once none is open. */
export function watchRequests(page: Page): () => Promise<void> {
  const open = new Set<Request>()
  let idle = Promise.withResolvers<void>()
  idle.resolve()

  function finish(request: Request): void {
    open.delete(request)
    if (open.size === 0) idle.resolve()
  }
  page.on('request', (request) => {
    // A stream of events never ends.
    if (request.resourceType() === 'eventsource') return
    if (open.size === 0) idle = Promise.withResolvers()
    open.add(request)
  })
  page.on('requestfinished', finish)
  page.on('requestfailed', finish)
  page.on('response', (response) => {
    // A page may ignore the body of a refusal, and then the request never finishes.
    if (response.status() >= 400) finish(response.request())
  })

  return async () => {
    const expired = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      const urls = [...open].map((request) => request.url())
      expired.reject(new Error(`These requests do not finish: ${urls.join(', ')}`))
    }, TIMEOUT_MS)
    try {
      while (open.size > 0) await Promise.race([idle.promise, expired.promise])
    } finally {
      clearTimeout(timer)
    }
  }
}
