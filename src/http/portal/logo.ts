import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { LOGO_PATH } from '~/domain/logos.ts'
import { problems } from '~/wire/problems.ts'
import { pathNotFound } from '../plugins/errors.ts'
import { routeOptions } from '../plugins/route-options.ts'

/** An SVG that is opened on its own must not run scripts or load anything. */
const LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
const CACHE_SECONDS = 3600

const Image = Type.Any({
  contentMediaType: 'image/png',
  description: 'The image, in the format of the file.',
  examples: ['…'],
})

/** The logo in LICET_BRAND_LOGO, for the portal and for emails. */
export const logoRoute = ({ config }: Pick<Deps, 'config'>) =>
  new Elysia({ tags: ['Portal'] }).macro(routeOptions).get(
    LOGO_PATH,
    ({ set }) => {
      const { logo } = config.brand
      if (logo?.kind !== 'file') throw pathNotFound()
      set.headers['content-type'] = logo.mediaType
      set.headers['content-security-policy'] = LOGO_POLICY
      set.headers['cache-control'] = `public, max-age=${CACHE_SECONDS}`
      return logo.bytes
    },
    {
      response: { 200: Image, ...problems(404) },
      operationId: 'getLogo',
      summary: 'Get the logo of the vendor, if LICET_BRAND_LOGO is a file',
    },
  )
