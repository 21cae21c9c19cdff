import { expect, test } from 'bun:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { admin, portal } from '~/web/embedded.ts'
import { openTestApp } from '../support/app.ts'

const anonymous = { authorization: undefined }
const sites = [
  ['admin', admin],
  ['portal', portal],
] as const

test.each(sites)(
  'web: the page at /%s can be bundled, without any code of the server',
  (_, site) => {
    expect(site.error).toBe('')
    for (const { gzip } of site.assets) {
      const text = gunzipSync(Buffer.from(gzip, 'base64')).toString()
      expect(/bun:sqlite|drizzle|node:|jsx-dev-runtime/.test(text)).toBe(false)
    }
  },
)

test.each(sites)(
  'web: /%s and every path below it get one document, with a strict policy',
  async (name) => {
    await using app = await openTestApp()
    const { text: first } = await app.send('GET', `/${name}`, undefined, anonymous)
    for (const path of ['', '/', '/licenses', '/licenses/lic_1?tab=seats', '/a/b/c']) {
      const { status, headers, text } = await app.send(
        'GET',
        `/${name}${path}`,
        undefined,
        anonymous,
      )
      expect({ path, status, same: text === first }).toEqual({ path, status: 200, same: true })
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(headers.get('cache-control')).toBe('no-cache')
      expect(headers.get('content-security-policy')).toContain(
        "default-src 'none'; script-src 'self'",
      )
      expect(headers.get('x-frame-options')).toBe('DENY')
    }
  },
)

test.each(sites)(
  'web: the document of /%s is not sent again to a browser that has it',
  async (name) => {
    await using app = await openTestApp()
    const { headers } = await app.send('GET', `/${name}`, undefined, anonymous)
    const etag = headers.get('etag') ?? ''
    expect(etag).toMatch(/^"\w+"$/)
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = { ...anonymous, 'if-none-match': condition }
      const { status, text } = await app.send('GET', `/${name}`, undefined, again)
      expect({ condition, status, text }).toEqual({ condition, status: 304, text: '' })
    }
  },
)

test.each(sites)(
  'web: the files of /%s are compressed as the browser accepts, and kept for good',
  async (name, site) => {
    await using app = await openTestApp()
    const { text } = await app.send('GET', `/${name}`, undefined, anonymous)
    const paths = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path ?? '')
    expect(paths).toEqual([site.style, site.script].map((file) => `/${name}/assets/${file}`))
    for (const path of paths) {
      const fetched = async (accepted: string, encoding = accepted) => {
        const headers = { 'accept-encoding': accepted }
        const response = await app.app.handle(new Request(`http://localhost${path}`, { headers }))
        expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
        expect(response.headers.get('vary')).toBe('accept-encoding')
        expect(response.headers.get('content-encoding') ?? 'identity').toBe(encoding)
        return Buffer.from(await response.arrayBuffer())
      }
      const plain = await fetched('identity')
      expect(gunzipSync(await fetched('gzip'))).toEqual(plain)
      expect(brotliDecompressSync(await fetched('br'))).toEqual(plain)
      for (const refusal of ['br;q=0, gzip; q=0.0', 'x-br, x-gzip']) {
        expect(await fetched(refusal, 'identity')).toEqual(plain)
      }
      expect(gunzipSync(await fetched('br;q=0, gzip;q=0.5', 'gzip'))).toEqual(plain)
    }
  },
)

test.each(sites)(
  'web: a file of /%s that does not exist gets a 404, never the document',
  async (name) => {
    await using app = await openTestApp()
    for (const file of ['page-00000000.js', 'x', '%2fmain.tsx', 'old/page.js', '%ff']) {
      const { status } = await app.send('GET', `/${name}/assets/${file}`, undefined, anonymous)
      expect(status).toBe(404)
    }
  },
)

test('web: pages that LICET_PAGES does not name are not served', async () => {
  await using app = await openTestApp({ pages: ['portal'] })
  for (const path of ['/admin', '/admin/licenses', `/admin/assets/${admin.script}`]) {
    expect((await app.send('GET', path, undefined, anonymous)).status).toBe(404)
  }
  expect((await app.send('GET', '/portal', undefined, anonymous)).status).toBe(200)
})

test('web: the pages are not part of the OpenAPI document', async () => {
  await using app = await openTestApp()
  const { body } = await app.send('GET', '/swagger/json', undefined, anonymous)
  const paths = Object.keys(body.paths).filter((path) => /^\/(?:admin|portal)/.test(path))
  expect(paths).toEqual([])
})
