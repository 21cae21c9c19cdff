import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Environment, readConfig } from '~/platform/config.ts'
import { openTestApp } from '../../support/app.ts'
import { createScratchDirectory } from '../../support/scratch.ts'

const SETTINGS = '/api/v1/portal/settings'
const LOGO = '/portal/assets/logo'
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const anonymous = { authorization: undefined }

/** Opens the application with these variables. */
function openWith(env: Environment) {
  const { dataDir: _dataDir, ...config } = readConfig(env, false).config
  return openTestApp(config)
}

function writeLogo(name: string, content: string | Uint8Array): string {
  const path = join(createScratchDirectory(), name)
  writeFileSync(path, content)
  return path
}

test('portal settings: by default, customers sign in with a key, and there is no brand', async () => {
  await using app = await openTestApp()
  const { status, body } = await app.send('GET', SETTINGS, undefined, anonymous)
  expect(status).toBe(200)
  expect(body).toEqual({
    sign_in: ['key'],
    brand: { name: null, logo_url: null, color: null, color_on_light: null, color_on_dark: null },
    support_url: null,
  })
  expect((await app.send('GET', LOGO, undefined, anonymous)).status).toBe(404)
})

test('portal settings: the brand is public, with colors that are readable', async () => {
  await using app = await openWith({
    LICET_BRAND_NAME: 'Acme',
    LICET_BRAND_COLOR: '#fff',
    LICET_BRAND_LOGO: writeLogo('logo.png', PNG),
    LICET_SUPPORT_URL: 'help@acme.example',
    LICET_SMTP_URL: 'smtp://127.0.0.1:1',
    LICET_MAIL_FROM: 'licenses@acme.example',
  })
  const { body } = await app.send('GET', SETTINGS, undefined, anonymous)
  expect(body).toEqual({
    sign_in: ['key', 'mail'],
    brand: {
      name: 'Acme',
      logo_url: LOGO,
      color: '#fff',
      color_on_light: expect.stringMatching(/^#[67][0-9a-f]{5}$/),
      color_on_dark: '#ffffff',
    },
    support_url: 'mailto:help@acme.example',
  })
})

test('portal settings: if the portal is off, they say so, and the brand is there for other pages', async () => {
  await using app = await openWith({ LICET_PORTAL: 'off', LICET_BRAND_NAME: 'Acme' })
  const { status, body } = await app.send('GET', SETTINGS, undefined, anonymous)
  expect([status, body.sign_in, body.brand.name]).toEqual([200, [], 'Acme'])
})

test.each([
  ['logo.png', PNG, 'image/png'],
  [
    'logo',
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    'image/svg+xml',
  ],
])(
  'portal settings: the logo %p is served as what it is, and cannot run scripts',
  async (name, content, type) => {
    await using app = await openWith({
      LICET_BRAND_LOGO: writeLogo(name, content),
      LICET_PORTAL: 'off',
    })
    const { status, text, headers } = await app.send('GET', LOGO, undefined, anonymous)
    expect([status, headers.get('content-type')]).toEqual([200, type])
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain('sandbox')
    expect(text.length).toBeGreaterThan(10)
  },
)

test('portal settings: an https logo is for emails only', async () => {
  await using app = await openWith({ LICET_BRAND_LOGO: 'https://acme.example/logo.png' })
  const { body } = await app.send('GET', SETTINGS, undefined, anonymous)
  expect(body.brand.logo_url).toBeNull()
  expect((await app.send('GET', LOGO, undefined, anonymous)).status).toBe(404)
})

test.each([
  ['text', 'hello', /PNG, SVG, WebP or JPEG/],
  ['page.svg', '<html><svg>', /PNG, SVG, WebP or JPEG/],
  ['empty.png', '', /PNG, SVG, WebP or JPEG/],
  ['large.png', Buffer.concat([PNG, Buffer.alloc(256 * 1024)]), /256 KiB/],
])(
  'portal settings: the logo %p stops the start, and the error says why',
  (name, content, reason) => {
    expect(() => readConfig({ LICET_BRAND_LOGO: writeLogo(name, content) }, false)).toThrow(reason)
  },
)
