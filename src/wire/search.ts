import type { LicenseRecord } from '~/domain/licenses.ts'
import { readings, reasons, type SearchResult } from '~/domain/searches.ts'
import { License } from './licenses.ts'
import { buildText } from './text.ts'
import { Type } from './type.ts'

/** As many as the URL of a site may have. */
const TEXT_MAX = 4096

export const SearchText = buildText('Identifier', {
  minLength: 1,
  maxLength: TEXT_MAX,
  description:
    'Whatever a customer says: a license key (also mistyped or masked), an email address or its ' +
    `domain, words of a name, a site, a reference, or an ID. 1–${TEXT_MAX} characters.`,
})

export const SearchBody = Type.Request('SearchRequest', [{ text: 'dev@example.com' }], {
  text: SearchText,
})

const SearchMatch = Type.Object(
  {
    license: License,
    why: Type.Literals(reasons, {
      title: 'SearchReason',
      description:
        'Why the license is a match. `similar_key`: its key differs from the text in one or two symbols, which ' +
        'is wrong, missing or surplus, or in two neighbors that changed places. `email_start`: its email address starts with the text. ' +
        '`key_end`: its key ends with the text.',
    }),
    typo_at: Type.Optional(
      Type.Nullable(
        Type.Count(
          'Of a similar key: the character of the text at which it first differs from the key, ' +
            'counted from 1; null if only dashes differ.',
        ),
      ),
    ),
  },
  { title: 'SearchMatch' },
)

const example = {
  reading: 'email',
  data: License.examples.map((license: unknown) => ({ license, why: 'email' })),
  has_more: false,
}

export const SearchResponse = Type.Response(
  'SearchResponse',
  'Licenses that match a text.',
  example,
  {
    reading: Type.Literals(readings, {
      title: 'SearchReading',
      description:
        'How the text was understood: by its best match, or by its form if nothing matches. ' +
        '`mistyped_key`: the text is a license key with a typo.',
    }),
    data: Type.Array(SearchMatch, {
      description: 'The best matches first, and the newest license first among equals.',
    }),
    has_more: Type.Boolean({
      description: 'Whether there are or may be more matches. Then search for a longer text.',
    }),
  },
)

export function presentSearch<View>(
  { reading, matches, hasMore }: SearchResult,
  present: (record: LicenseRecord) => View,
) {
  const data = matches.map(({ record, why, typoAt }) => ({
    license: present(record),
    why,
    ...(typoAt !== undefined && { typo_at: typoAt }),
  }))
  return { reading, data, has_more: hasMore }
}
