import { expect, test } from 'bun:test'
import {
  acknowledge,
  assumeLeases,
  type EdgeLeases,
  getLeaseEnds,
  getOlderAnswersEnd,
  grantLease,
  releaseLeases,
  startLeases,
} from '~/domain/edge-leases.ts'

/** Grants a lease at each `[number, atMs]`. */
const grant = (leases: EdgeLeases, grants: readonly [number, number][], staleMs = 0) =>
  grants.reduce(
    (former, [number, atMs]) => grantLease(former, number, { receivedAtMs: atMs, staleMs }, atMs),
    leases,
  )
const leasesWith = (grants: readonly [number, number][], staleMs = 0) =>
  grant(startLeases(0), grants, staleMs)

test('edge leases: one lasts five seconds from the arrival of the request', () => {
  const leases = grantLease(startLeases(0), 7, { receivedAtMs: 1000, staleMs: 0 }, 1900)
  expect(getLeaseEnds(leases)).toEqual({ leaseUntilMs: 6000, answersUntilMs: 6000 })
})

test.each([
  ['a lease from before the change counts', leasesWith([[7, 1000]]), 8, 6000],
  ['a lease that came with the change does not count', leasesWith([[8, 1000]]), 8, 0],
  [
    'a later lease that came with the change does not count',
    leasesWith([
      [7, 1000],
      [8, 3000],
    ]),
    8,
    6000,
  ],
  [
    'the last lease from before the change counts',
    leasesWith([
      [6, 1000],
      [7, 3000],
      [9, 4000],
    ]),
    8,
    8000,
  ],
  ['an edge without a lease has no older facts', startLeases(0), 8, 0],
  ['stale facts count until they are too old', leasesWith([[7, 1000]], 3_600_000), 8, 3_606_000],
  [
    'requests that overtake each other count up to the later one',
    leasesWith([
      [7, 3000],
      [7, 1000],
    ]),
    8,
    8000,
  ],
  [
    'a confirmed change needs no wait',
    acknowledge(
      leasesWith([
        [7, 1000],
        [8, 2000],
      ]),
      8,
    ),
    8,
    0,
  ],
  [
    'a later change needs one',
    acknowledge(
      leasesWith([
        [7, 1000],
        [8, 2000],
      ]),
      8,
    ),
    9,
    7000,
  ],
  [
    'an earlier confirmation that arrives late changes nothing',
    acknowledge(acknowledge(leasesWith([[8, 2000]]), 8), 5),
    8,
    0,
  ],
  ['an earlier confirmation leaves the lease', acknowledge(leasesWith([[7, 1000]]), 7), 8, 6000],
  [
    'an edge that has given up its facts needs no wait',
    releaseLeases(leasesWith([[7, 1000]], 60_000), 7),
    8,
    0,
  ],
  [
    'an edge that asks again afterwards has facts',
    grant(releaseLeases(leasesWith([[7, 1000]]), 7), [[7, 2000]]),
    8,
    7000,
  ],
] as const)('edge leases: %s', (_title, leases, number, endMs) => {
  expect(getOlderAnswersEnd(leases, number)).toBe(endMs)
})

test('edge leases: many changes without any confirmation never shorten a wait, and take little memory', () => {
  const grants = Array.from({ length: 500 }, (_, index): [number, number] => [index, index])
  const leases = leasesWith(grants, 60_000)
  expect(leases.grants.length).toBeLessThanOrEqual(64)
  for (const [number, atMs] of grants) {
    expect(getOlderAnswersEnd(leases, number + 1)).toBeGreaterThanOrEqual(atMs + 65_000)
  }
})

const start = { number: 50, trustedMs: 1_000_000, elapsedMs: 200 }

test.each([
  ['an edge that asked just before the restart has a lease from the start', 1_000_000, 0, 5200],
  ['an edge may have asked up to 65 seconds after the time that is recorded', 935_000, 0, 5200],
  ['an edge that asked long ago has no lease', 900_000, 0, 0],
  ['an edge that asked long ago may serve stale facts', 900_000, 60_000, 30_200],
  ['a recorded time in the future counts like the start', 9_000_000, 0, 5200],
] as const)('edge leases: after a restart, %s', (_title, lastPolledAtMs, staleMs, endMs) => {
  const leases = assumeLeases({ lastPolledAtMs, staleMs }, start)
  expect(Math.max(0, getOlderAnswersEnd(leases, 50))).toBe(endMs)
})

test('edge leases: after a restart, only a confirmation of the new session ends the wait', () => {
  const leases = assumeLeases({ lastPolledAtMs: 1_000_000, staleMs: 0 }, start)
  expect(getOlderAnswersEnd(acknowledge(leases, 48), 50)).toBe(5200)
  expect(getOlderAnswersEnd(acknowledge(leases, 50), 50)).toBe(0)
})
