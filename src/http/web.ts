import { gunzipSync } from 'node:zlib'
import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import type { Config, PageName } from '~/platform/config.ts'
import type { Asset, Bundle } from '~/web/bundle.ts'
import { pathNotFound } from './plugins/errors.ts'
import { matchesETag } from './plugins/if-none-match.ts'
import { routeOptions } from './plugins/route-options.ts'

/** The pages load from and call only this server, and no script in a page's text can run. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': PAGE_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cache-control': 'no-cache',
}

const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/**
 * The dashboard at /admin and the portal at /portal, as far as `LICET_PAGES` names them. All paths
 * below one of them get the same document, in which a script shows the page of the path.
 */
export const webRoutes = ({ config }: Pick<Deps, 'config'>) =>
  new Elysia({ name: 'web' }).use(
    config.pages.map((name) => (name === 'admin' ? adminRoutes() : portalRoutes(config))),
  )

const adminRoutes = () => pageRoutes('admin', 'Licet')

const portalRoutes = ({ brand }: Pick<Config, 'brand'>) =>
  new Elysia()
    .use(pageRoutes('portal', brand.name ?? 'Your licenses'))
    // The address in the QR codes of apps, with the request code in its fragment, which browsers keep.
    .get('/offline', ({ redirect }) => redirect('/portal/offline'), hidden)

const hidden = { detail: { hide: true } }

function pageRoutes(name: PageName, title: string) {
  let site: Promise<Site> | null = null
  /** Loaded at the first request, because most servers start far more often than someone looks. */
  const load = () => (site ??= loadSite(name, title))

  const shell = async ({ request }: { readonly request: Request }) => {
    const { document, etag } = await load()
    const headers = { ...pageHeaders, etag }
    if (matchesETag(request.headers.get('if-none-match'), etag)) {
      return new Response(null, { status: 304, headers })
    }
    return new Response(document, { headers })
  }

  return new Elysia({ prefix: `/${name}` })
    .macro(routeOptions)
    .get('', shell, hidden)
    .get('/*', shell, hidden)
    .get(
      '/assets/*',
      async ({ params, request }) => {
        const asset = (await load()).assets.get(params['*'])
        // A tab that was opened before an upgrade asks for old names. It must not get a document.
        if (asset === undefined) throw pathNotFound()
        return serveAsset(asset, request.headers.get('accept-encoding') ?? '')
      },
      hidden,
    )
}

interface Site {
  readonly document: string
  readonly etag: string
  readonly assets: ReadonlyMap<string, Asset>
}

async function loadSite(name: PageName, title: string): Promise<Site> {
  const bundle = (await import('~/web/embedded.ts'))[name]
  if (bundle.error !== '') {
    throw new Fault('unavailable', 'The page was not bundled.', { cause: new Error(bundle.error) })
  }
  const document = renderDocument(name, title, bundle)
  return {
    document,
    etag: `"${Bun.hash(document).toString(36)}"`,
    assets: new Map(bundle.assets.map((asset) => [asset.name, asset])),
  }
}

function renderDocument(name: PageName, title: string, { script, style }: Bundle): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${Bun.escapeHTML(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/${name}/assets/${style}">
<script type="module" src="/${name}/assets/${script}"></script>
<body>
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
`
}

function serveAsset({ name, brotli, gzip }: Asset, accepted: string): Response {
  const headers = {
    'content-type': contentTypes[name.slice(name.lastIndexOf('.') + 1)] ?? 'text/plain',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  }
  const bytes = (text: string) => Buffer.from(text, 'base64')
  const compressed = (text: string, encoding: string) =>
    new Response(bytes(text), { headers: { ...headers, 'content-encoding': encoding } })
  if (accepts(accepted, 'br')) return compressed(brotli, 'br')
  if (accepts(accepted, 'gzip')) return compressed(gzip, 'gzip')
  return new Response(gunzipSync(bytes(gzip)), { headers })
}

/** Whether an `Accept-Encoding` header names this encoding, and not with the weight 0. */
function accepts(accepted: string, encoding: string): boolean {
  return accepted.split(',').some((part) => {
    const [name, weight = ''] = part.toLowerCase().replace(/\s/g, '').split(';')
    return name === encoding && !/^q=0(?:\.0*)?$/.test(weight)
  })
}
