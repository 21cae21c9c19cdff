import { type Static, Type } from '@sinclair/typebox'

const FILES_MAX = 50

/** A version as in Semantic Versioning 2.0, without build metadata. */
const Version = Type.String({
  maxLength: 64,
  pattern: '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-[0-9A-Za-z.-]+)?$',
})

/** The file `release.json` of a release. Unknown members are left for later versions to use. */
export const ReleaseDocument = Type.Object({
  version: Version,
  date: Type.Union([Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), Type.Null()]),
  files: Type.Array(
    Type.Object({
      name: Type.String({ maxLength: 128, pattern: '^licet-[0-9A-Za-z.-]+$' }),
      sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
      bytes: Type.Integer({ minimum: 1 }),
    }),
    { minItems: 1, maxItems: FILES_MAX },
  ),
})
export type ReleaseDocument = Static<typeof ReleaseDocument>
