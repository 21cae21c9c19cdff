import type { Deps } from '~/deps.ts'
import { presentSearch, SearchBody, SearchResponse } from '~/wire/search.ts'
import { answers } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { createSearch, MATCHES_MAX } from '../search.ts'

export const searchRoutes = (deps: Pick<Deps, 'store' | 'vault'>, routes: ScopedRoutes) =>
  routes('/search', 'Licenses').post(
    '',
    async ({ body, command }) => {
      const result = await createSearch(deps)(body.text, command.nowMs)
      return presentSearch(result, command.presentLicense)
    },
    {
      scope: 'licenses:read',
      idempotent: false,
      operationId: 'searchLicenses',
      body: SearchBody,
      ...answers(SearchResponse),
      summary: 'Find licenses by what a customer says',
      description:
        `Finds up to ${MATCHES_MAX} licenses. Case, accents and Unicode forms make no difference. ` +
        'A license with the ID or the key is the only match. For a mistyped key, the matches are the licenses whose key differs in one symbol, or in two of a key made by Licet. ' +
        'Names are found by the start of each word.',
    },
  )
