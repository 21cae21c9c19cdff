import type { Static } from '@sinclair/typebox'
import { exampleId } from './fields.ts'
import { Type } from './type.ts'
import { VerdictError } from './validations.ts'

/** An edge starts another batch when one has this many entries. The primary reads it in one turn. */
export const ENTRIES_MAX = 2000
/** At most a domain and a device for each entry. */
export const SEEN_MAX = 2 * ENTRIES_MAX
export const USAGE_BYTES_MAX = 2_097_152
const NUMBER_MAX = Number.MAX_SAFE_INTEGER
const COUNT_MAX = 1_000_000_000
const TEXT_MAX = 255
const RUN_MAX = 64

const Milliseconds = Type.IntegerBetween(0, NUMBER_MAX, 'A time of the primary, in ms since 1970.')
const Text = Type.Nullable(Type.Text(TEXT_MAX))

/** An array, because a batch has thousands: no name is repeated. */
const UsageEntry = Type.Tuple(
  [
    Type.NonEmpty(TEXT_MAX, 'The ID of the license.'),
    Milliseconds,
    Milliseconds,
    Type.IntegerBetween(1, COUNT_MAX, 'The number of equal validations.'),
    Type.Nullable(VerdictError),
    Text,
    Text,
    Text,
    Text,
    Text,
    Text,
  ],
  {
    title: 'EdgeUsageEntry',
    description:
      'Equal validations: license, time of the first and of the last, count, error, country, activated domain, domain, fingerprint, address, version.',
  },
)
export type UsageEntry = Static<typeof UsageEntry>

const Seen = Type.Tuple([Type.NonEmpty(TEXT_MAX, 'The ID of an activation.'), Milliseconds])

export const EdgeUsageBody = Type.Object(
  {
    run: Type.NonEmpty(RUN_MAX, 'A random text for each start of an edge.'),
    batch: Type.Nullable(
      Type.IntegerBetween(
        1,
        NUMBER_MAX,
        'Rises within the run. Null for a batch that is never sent again.',
      ),
    ),
    entries: Type.List(UsageEntry, ENTRIES_MAX, 'The validations that the edge has answered.'),
    seen: Type.List(Seen, SEEN_MAX, 'When activations were last in use.'),
  },
  {
    title: 'EdgeUsageRequest',
    additionalProperties: true,
    examples: [{ run: '0a1b2c3d4e5f6071', batch: 1, entries: [], seen: [] }],
  },
)
export type EdgeUsageBody = Static<typeof EdgeUsageBody>

export const EdgeUsageReceipt = Type.Response(
  'EdgeUsageReceipt',
  'The batch is stored.',
  { batch: 1, unknown: 0 },
  {
    batch: Type.Nullable(Type.Integer()),
    unknown: Type.Count(
      `Entries that were skipped, because there is no license with an ID such as ${exampleId('lic')}.`,
    ),
  },
)
