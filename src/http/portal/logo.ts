import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { LOGO_PATH } from '~/domain/logos.ts'
import { pathNotFound } from '../plugins/errors.ts'
import { routeOptions } from '../plugins/route-options.ts'

/** An SVG that is opened on its own must not run scripts or load anything. */
const LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
const CACHE_SECONDS = 3600

/** The logo in LICET_BRAND_LOGO if it is a file, for the portal and for emails. */
export const logoRoute = ({ config }: Pick<Deps, 'config'>) =>
  new Elysia().macro(routeOptions).get(
    LOGO_PATH,
    () => {
      const { logo } = config.brand
      if (logo?.kind !== 'file') throw pathNotFound()
      const headers = {
        'content-type': logo.mediaType,
        'content-security-policy': LOGO_POLICY,
        'cache-control': `public, max-age=${CACHE_SECONDS}`,
      }
      return new Response(logo.bytes, { headers })
    },
    { detail: { hide: true } },
  )
