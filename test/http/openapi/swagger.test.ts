import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openTestApp, type TestApp, type TestResponse } from '../../support/app.ts'
import { serveTestApp } from '../../support/browser.ts'
import { expectProblem } from '../../support/problems.ts'

let harness: TestApp
let page: TestResponse

const getWithoutToken = (path: string) =>
  harness.send('GET', path, undefined, { authorization: undefined })

beforeAll(async () => {
  harness = await openTestApp()
  page = await getWithoutToken('/swagger')
})

afterAll(() => harness.close())

test('swagger: the page and the document need no API key', async () => {
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const document = await getWithoutToken('/swagger/json')
  expect(document.body.info.title).toBe('Licet')
  expect(document.headers.get('content-type')).toBe('application/json')
})

test('swagger: the page loads only files of this server, and they exist', async () => {
  const links = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link = '']) => link)
  expect(links).toEqual([
    'data:,',
    '/swagger/swagger-ui.css?test',
    '/swagger/swagger-ui-bundle.js?test',
    '/swagger/start.js?test',
  ])
  expect(page.text).not.toMatch(/<style|style=|<script>|\son\w+=/)
  for (const link of links.slice(1)) {
    const { status, headers, text } = await getWithoutToken(link)
    expect(status, link).toBe(200)
    expect(text.length, link).toBePositive()
    expect(headers.get('content-type'), link).toBe(
      link.includes('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
    )
    expect(headers.get('x-content-type-options'), link).toBe('nosniff')
  }
})

test('swagger: the policy of the page allows only scripts and calls to this server', async () => {
  const policy = page.headers.get('content-security-policy')?.split('; ')
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).toContain("connect-src 'self'")
  expect((await getWithoutToken('/swagger/start.js')).text).toContain('validatorUrl: null')
})

test('swagger: browsers cache the files of a version, but not the page and the document', async () => {
  const caching = async (path: string) => (await getWithoutToken(path)).headers.get('cache-control')
  expect(await caching('/swagger/swagger-ui.css?test')).toBe('public, max-age=31536000, immutable')
  expect(await caching('/swagger')).toBe('no-store')
  expect(await caching('/swagger/json')).toBe('no-store')
})

test('swagger: errors are problems, as everywhere', async () => {
  for (const file of ['nothing.js', 'constructor', '..%2fpackage.json']) {
    expectProblem(await getWithoutToken(`/swagger/${file}`), 404, 'not_found')
  }
  expectProblem(await harness.send('POST', '/swagger'), 405, 'method_not_allowed')
})

test('swagger: a file is returned whole, also for a range of it', async () => {
  await using served = await serveTestApp()
  const url = `${served.url}/swagger/swagger-ui.css`
  const whole = await (await fetch(url)).text()
  const ranged = await fetch(url, { headers: { range: 'bytes=0-10' } })
  expect([ranged.status, (await ranged.text()) === whole]).toEqual([200, true])
  expect(whole.length).toBeGreaterThan(10_000)
})
