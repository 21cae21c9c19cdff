import { expect, test } from 'bun:test'
import { getEdgeState } from '~/domain/edges.ts'

const nowMs = Date.parse('2026-03-06T12:00:00Z')

test.each([
  ['never seen', null, null],
  ['connected', nowMs, null],
  ['connected', nowMs - 64_999, null],
  ['away', nowMs - 65_000, null],
  ['away', 0, null],
  ['revoked', nowMs, nowMs],
  ['revoked', null, nowMs],
] as const)(
  'edges: the state is %s if the last poll was at %p, and the revocation at %p',
  (state, lastPolledAtMs, revokedAtMs) => {
    expect(getEdgeState({ lastPolledAtMs, revokedAtMs }, nowMs)).toBe(state)
  },
)
