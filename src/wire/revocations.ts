import type { Static } from '@sinclair/typebox'
import { Type } from './type.ts'

/** Of `after`: numbers of more digits may not be exact. */
const DIGITS_MAX = 15

const exampleToken = 'eyJhbGciOiJFZERTQSIsImtpZCI6…'

/** A number is about as large as a time in ms. */
const FeedNumber = (description: string) => Type.Integer({ format: 'int64', description })

export const RevocationsQuery = Type.Query(
  Type.Optionals({
    after: Type.PublishAs(
      Type.String({
        pattern: `^(?:0|[1-9][0-9]{0,${DIGITS_MAX - 1}})$`,
        description: 'The number up to which the app has the feed: an integer of 0 or more.',
      }),
      Type.Integer({
        format: 'int64',
        minimum: 0,
        maximum: 10 ** DIGITS_MAX - 1,
        default: 0,
        description: 'The `to` of the last part that the app has; 0 for the complete feed.',
      }),
    ),
    format: Type.Literals(['json', 'file'], {
      description:
        '`file` returns a text that can be carried to a site without a connection. By default, the header `Accept` decides.',
    }),
  }),
)

/** `files` holds an example of the other format by its media type. */
export const RevocationFeed = Type.Object(
  {
    from: FeedNumber('The part covers the numbers after this one.'),
    to: FeedNumber('The last number that the part covers. Send it as `after` the next time.'),
    more: Type.Boolean({ description: 'Whether there is a next part: ask again now.' }),
    signed: Type.Described(
      'The entries as a token of type `licet-revocations+jwt` (JWS), which the app verifies with its pinned keys.',
    ),
  },
  {
    title: 'RevocationFeed',
    description: 'A part of the revocation feed.',
    examples: [{ from: 0, to: 1772755200000, more: false, signed: exampleToken }],
    files: {
      'text/plain': `-----BEGIN LICET REVOCATIONS-----\n${exampleToken}\n-----END LICET REVOCATIONS-----\n`,
    },
  },
)
export type RevocationFeed = Static<typeof RevocationFeed>

export function presentFeed({ from, to, more, signed }: RevocationFeed): RevocationFeed {
  return { from, to, more, signed }
}

/** The response in either format. */
export const FeedOrFile = Type.PublishAs(
  Type.Union([RevocationFeed, Type.String()]),
  RevocationFeed,
)

export const FeedUnchanged = Type.Void({
  description: 'The part is still the one whose `ETag` is in `If-None-Match`.',
})
