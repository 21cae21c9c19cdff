import { expect, test } from 'bun:test'
import {
  acknowledge,
  assumeLeases,
  type EdgeLeases,
  getLeaseEnds,
  getOlderAnswersEnd,
  grantLease,
  mayGrant,
  raiseGrants,
  releaseLeases,
  startLeases,
} from '~/domain/edge-leases.ts'

/** Grants a lease at each `[number, atMs]`. */
const grant = (
  leases: EdgeLeases,
  grants: readonly [number, number][],
  staleMs = 0,
  process = 'a',
) =>
  grants.reduce(
    (former, [number, atMs]) =>
      grantLease(former, number, { process, receivedAtMs: atMs, staleMs }, atMs),
    leases,
  )
const leasesWith = (grants: readonly [number, number][], staleMs = 0) =>
  grant(startLeases(0), grants, staleMs)

test('edge leases: one lasts five seconds from the arrival of the request', () => {
  const leases = grantLease(
    startLeases(0),
    7,
    { process: 'a', receivedAtMs: 1000, staleMs: 0 },
    1900,
  )
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
      'a',
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
      'a',
      8,
    ),
    9,
    7000,
  ],
  [
    'an earlier confirmation that arrives late changes nothing',
    acknowledge(acknowledge(leasesWith([[8, 2000]]), 'a', 8), 'a', 5),
    8,
    0,
  ],
  [
    'an earlier confirmation leaves the lease',
    acknowledge(leasesWith([[7, 1000]]), 'a', 7),
    8,
    6000,
  ],
  [
    'an edge that has given up its facts needs no wait',
    releaseLeases(leasesWith([[7, 1000]], 60_000), 'a', 7, 1500),
    8,
    0,
  ],
  [
    'an edge that asks again afterwards has facts',
    grant(releaseLeases(leasesWith([[7, 1000]]), 'a', 7, 1500), [[7, 2000]]),
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

test('edge leases: a process confirms nothing for another one with the same token', () => {
  const both = grant(leasesWith([[7, 1000]]), [[7, 2000]], 0, 'b')
  const confirmed = acknowledge(grant(both, [[8, 2500]]), 'a', 8)
  expect(getOlderAnswersEnd(confirmed, 8)).toBe(7000)
  expect(getOlderAnswersEnd(releaseLeases(confirmed, 'a', 8, 3000), 8)).toBe(7000)
  expect(getOlderAnswersEnd(acknowledge(confirmed, 'b', 8), 8)).toBe(0)
})

test('edge leases: many processes with one token never shorten a wait, and take little memory', () => {
  let leases = startLeases(0)
  for (let at = 0; at < 500; at += 1) leases = grant(leases, [[7, at]], 60_000, `p${at}`)
  expect(leases.grants.length).toBeLessThanOrEqual(64)
  for (let at = 0; at < 499; at += 1) leases = acknowledge(leases, `p${at}`, 8)
  expect(getOlderAnswersEnd(leases, 8)).toBe(65_499)
})

const start = { number: 50, elapsedMs: 200 }

test.each([
  ['an edge has a lease from the start', 0, 5200],
  ['an edge may serve stale facts', 60_000, 65_200],
] as const)('edge leases: after a restart, %s', (_title, staleMs, endMs) => {
  expect(getOlderAnswersEnd(assumeLeases({ staleMs }, start), 50)).toBe(endMs)
})

test('edge leases: after a restart, only a confirmation of the new session ends the wait', () => {
  const leases = assumeLeases({ staleMs: 0 }, start)
  expect(getOlderAnswersEnd(acknowledge(leases, 'a', 48), 50)).toBe(5200)
  expect(getOlderAnswersEnd(acknowledge(leases, 'a', 50), 50)).toBe(0)
})

test('edge leases: the next process of a data directory ends those of the earlier ones, and no others', () => {
  const earlier = grant(startLeases(0), [[7, 1000]], 60_000, 'dir.1')
  const both = grant(earlier, [[7, 1000]], 0, 'other.1')
  const started = grant(both, [[8, 2000]], 60_000, 'dir.2')
  expect(getOlderAnswersEnd(started, 8)).toBe(66_000)
  const confirmed = acknowledge(started, 'dir.2', 8)
  expect(getOlderAnswersEnd(confirmed, 8)).toBe(6000)
  expect(getOlderAnswersEnd(acknowledge(confirmed, 'dir.1', 9), 9)).toBe(67_000)
})

test('edge leases: a request from before its process has given up its facts gets no lease', () => {
  const leases = releaseLeases(leasesWith([[7, 1000]]), 'a', 7, 2000)
  const poll = (process: string, receivedAtMs: number) => ({ process, receivedAtMs, staleMs: 0 })
  expect(mayGrant(leases, poll('a', 1900))).toBe(false)
  expect(mayGrant(leases, poll('a', 2001))).toBe(true)
  expect(mayGrant(leases, poll('b', 1900))).toBe(true)
})

test('edge leases: many processes that stop take little memory', () => {
  let leases = startLeases(0)
  for (let at = 0; at < 500; at += 1) leases = releaseLeases(leases, `p${at}`, 7, at)
  expect(leases.releases.length).toBeLessThanOrEqual(64)
  expect(mayGrant(leases, { process: 'p499', receivedAtMs: 400, staleMs: 0 })).toBe(false)
})

test('edge leases: one that was written before its changes were read goes on with what its process has confirmed', () => {
  const written = grant(leasesWith([[7, 1000]], 500), [[8, 1100]], 0, 'b')
  const raised = acknowledge(raiseGrants(written, 'a', 9), 'a', 9)
  expect(getOlderAnswersEnd(raised, 8)).toBe(0)
  expect(getOlderAnswersEnd(raised, 9)).toBe(6100)
  expect(getOlderAnswersEnd(raised, 10)).toBe(6500)
})
