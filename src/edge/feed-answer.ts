import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { assert } from '~/assert.ts'
import type { ChangeSet } from '~/store/changes-port.ts'

/** Other fields are ignored, because the primary may be newer. */
const Answer = Type.Object({
  position: Type.String(),
  good_for_ms: Type.Number(),
  now_ms: Type.Number(),
  all: Type.Boolean(),
  plans: Type.Boolean(),
  licenses: Type.Array(Type.String()),
  activations: Type.Array(
    Type.Tuple([
      Type.String(),
      Type.Union([Type.Literal('domain'), Type.Literal('device')]),
      Type.String(),
    ]),
  ),
})

/** Changes that the primary has sent, its time, and the length of the lease that it has granted. */
export interface FeedAnswer extends ChangeSet {
  readonly goodForMs: number
  readonly nowMs: number
}

/** Parses a response of the feed. Throws if it is anything else. */
export function parseFeedAnswer(bytes: Uint8Array): FeedAnswer {
  const body: unknown = JSON.parse(new TextDecoder().decode(bytes))
  assert(Value.Check(Answer, body), 'the response of the feed has the fields of a feed')
  const { position, licenses, activations, plans, all }: Static<typeof Answer> = body
  return {
    position,
    licenseIds: licenses,
    activations: activations.map(([licenseId, kind, value]) => ({ licenseId, kind, value })),
    touchesPlans: plans,
    isAll: all,
    goodForMs: body.good_for_ms,
    nowMs: body.now_ms,
  }
}
