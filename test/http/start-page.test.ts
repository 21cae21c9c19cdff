import { expect, test } from 'bun:test'
import { openTestApp } from '../support/app.ts'

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const get = (accept: string | undefined) => ({ authorization: undefined, accept })

test('start page: a browser that opens / is sent to the dashboard, or to the portal without one', async () => {
  for (const pages of [['admin', 'portal'], ['admin'], ['portal']] as const) {
    await using app = await openTestApp({ pages })
    const { status, headers } = await app.send('GET', '/', undefined, get(browser))
    expect(status).toBe(302)
    expect(headers.get('location')).toBe(`/${pages[0]}`)
    expect(headers.get('vary')).toBe('accept')
  }
})

test('start page: without pages, a browser that opens / is told where to go', async () => {
  await using app = await openTestApp({ pages: [] })
  for (const accept of [browser, 'text/html', 'application/json, Text/HTML ; q=0.5']) {
    const { status, headers, text } = await app.send('GET', '/', undefined, get(accept))
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('vary')).toBe('accept')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(text).toContain('license server')
  }
  expect((await app.send('HEAD', '/', undefined, get(browser))).status).toBe(200)
})

test('start page: every link on the page leads to a page', async () => {
  await using app = await openTestApp({ pages: [] })
  const { text } = await app.send('GET', '/', undefined, get(browser))
  const links = [...text.matchAll(/ href="(\/[^"]*)"/g)].map(([, link]) => link ?? '')
  expect(links).toContain('/swagger')
  for (const link of links) {
    expect((await app.send('GET', link, undefined, get(browser))).status).toBe(200)
  }
})

test('start page: every other client gets the 404 of the API', async () => {
  await using app = await openTestApp()
  const accepts = [
    undefined,
    '*/*',
    'application/json',
    'text/*',
    'text/html;q=0',
    'text/html; q=0.0',
  ]
  for (const accept of accepts) {
    const { status, headers, body } = await app.send('GET', '/', undefined, get(accept))
    expect(status).toBe(404)
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(headers.get('vary')).toBe('accept')
    expect(body).toMatchObject({ code: 'not_found', detail: expect.stringContaining('/swagger') })
  }
})
