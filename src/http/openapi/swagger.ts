import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import stylePath from 'swagger-ui-dist/swagger-ui.css' with { type: 'file' }
import bundlePath from 'swagger-ui-dist/swagger-ui-bundle.js' with { type: 'file' }
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { problems } from '~/wire/problems.ts'
import { routeOptions } from '../plugins/route-options.ts'
import type { OpenApi } from './document.ts'

/** The page may load and call only this server. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A file of its own, because the policy forbids inline scripts. */
const startScript = `SwaggerUIBundle({
  url: '/swagger/json',
  dom_id: '#page',
  validatorUrl: null,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
})
`

const renderPage = (version: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Licet</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/swagger/swagger-ui.css?${version}">
<div id="page"></div>
<script src="/swagger/swagger-ui-bundle.js?${version}"></script>
<script src="/swagger/start.js?${version}"></script>
</html>
`

const assets = new Map<string, { readonly type: string; readonly body: Blob | string }>([
  ['start.js', { type: 'text/javascript; charset=utf-8', body: startScript }],
  ['swagger-ui-bundle.js', { type: 'text/javascript; charset=utf-8', body: Bun.file(bundlePath) }],
  ['swagger-ui.css', { type: 'text/css; charset=utf-8', body: Bun.file(stylePath) }],
])

const Page = Type.String({
  contentMediaType: 'text/html',
  description: 'The documentation page.',
  examples: ['<!doctype html>…'],
})

const Asset = Type.String({
  contentMediaType: 'text/*',
  description: 'A script or a style sheet.',
  examples: ['.swagger-ui{color:#3b4151}'],
})

const Document = Type.Object(
  {
    openapi: Type.String(),
    info: Type.Object({ title: Type.String(), version: Type.String() }, { title: 'OpenApiInfo' }),
  },
  {
    title: 'OpenApiDocument',
    description: 'The OpenAPI 3.1 document.',
    examples: [{ openapi: '3.1.0', info: { title: 'Licet', version: '0.1.0' } }],
  },
)

/** The documentation: a page that loads nothing from other servers, and `openApi` as JSON. */
export const documentationRoutes = ({ version }: Pick<Deps, 'version'>, openApi: () => OpenApi) => {
  const page = renderPage(encodeURIComponent(version))
  let json: string | null = null

  return new Elysia({ prefix: '/swagger', tags: ['Documentation'] })
    .macro(routeOptions)
    .get(
      '',
      ({ set }) => {
        set.headers['content-security-policy'] = PAGE_POLICY
        set.headers['content-type'] = 'text/html; charset=utf-8'
        return page
      },
      {
        response: { 200: Page },
        operationId: 'getDocumentation',
        summary: 'Get the documentation page',
      },
    )
    .get(
      '/json',
      () => {
        json ??= JSON.stringify(openApi())
        return new Response(json, { headers: { 'content-type': 'application/json' } })
      },
      {
        response: { 200: Document },
        operationId: 'getOpenApi',
        summary: 'Get the OpenAPI document',
      },
    )
    .get(
      '/:file',
      async ({ params, set }) => {
        const asset = assets.get(params.file)
        if (asset === undefined) throw new Fault('not_found', 'No such file. See /swagger.')
        set.headers['cache-control'] = 'public, max-age=31536000, immutable'
        // As bytes, because Bun answers the header Range for a file.
        const body = typeof asset.body === 'string' ? asset.body : await asset.body.bytes()
        return new Response(body, { headers: { 'content-type': asset.type } })
      },
      {
        response: { 200: Asset, ...problems(404) },
        operationId: 'getDocumentationFile',
        summary: 'Get a file of the documentation page',
      },
    )
}
