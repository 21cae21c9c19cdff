import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { problems } from '~/wire/problems.ts'
import { pathNotFound } from './plugins/errors.ts'
import { routeOptions } from './plugins/route-options.ts'

const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Licet license server</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif; background: Canvas }
  body { max-width: 36rem; margin: 4rem auto; padding: 0 1.5rem }
</style>
<main>
<h1>This is a license server</h1>
<p>It runs <strong>Licet</strong>, which issues license keys and validates them for apps.</p>
<ul>
  <li><a href="/swagger">API documentation</a>: every route, with examples that you can run here.</li>
  <li><a href="/swagger/json">OpenAPI document</a>, from which you can generate a client.</li>
  <li>The guides are in <code>README.md</code> and <code>docs/</code> of the source code.</li>
</ul>
<p>Do you have a question about your license? Contact the vendor of your software.</p>
</main>
</html>
`

const Page = Type.String({
  contentMediaType: 'text/html',
  description: 'A page with links, for browsers.',
  examples: ['<!doctype html>…'],
})

const Redirect = Type.String({
  contentMediaType: 'text/html',
  description: 'The dashboard or the portal.',
  examples: [''],
})

/**
 * The page at `/` for people who open the server in a browser, which sends them to the dashboard or
 * the portal if there is one. Other clients get a 404.
 */
export const startPageRoute = ({ config }: Pick<Deps, 'config'>) =>
  new Elysia({ tags: ['Documentation'] }).macro(routeOptions).get(
    '/',
    ({ headers, set }) => {
      set.headers.vary = 'accept'
      if (!acceptsHtml(headers.accept)) throw pathNotFound()
      set.headers['content-type'] = 'text/html; charset=utf-8'
      const [first] = config.pages
      if (first !== undefined) {
        set.status = 302
        set.headers.location = `/${first}`
        return ''
      }
      set.headers['content-security-policy'] = PAGE_POLICY
      return page
    },
    {
      response: { 200: Page, 302: Redirect, ...problems(404) },
      operationId: 'getStartPage',
      summary: 'Get a page that says where to go, if the client accepts text/html',
    },
  )

/** Every browser names text/html. API clients accept JSON or anything, so a wildcard does not count. */
function acceptsHtml(accept = ''): boolean {
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.toLowerCase().replace(/\s/g, '').split(';')
    return type === 'text/html' && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
  })
}
