import { expect, test } from 'bun:test'
import type { JudgeCase, Ruling } from '../../sdks/conformance/source/judge/case.ts'
import vectors from '../../sdks/conformance/vectors/judge.json'

const cases = vectors.cases as readonly JudgeCase[]
const steps = cases.flatMap(({ id, steps: own, options }) =>
  own.map((step) => ({ id, step, options: { ...options, ...step.options } })),
)
const rulings = steps.flatMap(({ id, step, options }) =>
  'state' in step.expected ? [{ id, step, options, ...step.expected }] : [],
)
type Row = (typeof rulings)[number]

const listIds = (rows: readonly Row[]) => rows.map(({ id }) => id)

test('judge vectors: there are at least 60, each with an ID and a description', () => {
  expect(cases.length).toBeGreaterThanOrEqual(60)
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
  expect(cases.filter(({ description }) => !/^[A-Z].*\.$/s.test(description))).toEqual([])
  const ids = cases.map(({ id }) => id)
  expect(ids).toContain('grace lost at 503')
  expect(ids).toContain('grace lost at restart')
})

test('judge vectors: only a state that is allowed has a license, and only another one has a code', () => {
  const wrong = rulings.filter(({ state }) => {
    const isAllowed = state.status === 'licensed' || state.status === 'grace'
    return (
      state.allowed !== isAllowed ||
      (state.license !== null) !== isAllowed ||
      (state.code === null) !== isAllowed ||
      (state.staleSince !== null) !== (state.status === 'grace') ||
      (!isAllowed && (state.warnings.length > 0 || state.validUntil !== null))
    )
  })
  expect(listIds(wrong)).toEqual([])
})

test('judge vectors: without a verdict, only a tombstone, a feed or a feature refuses', () => {
  const wrong = rulings.filter(({ state, record }) => {
    if (state.status !== 'refused' || state.source === 'server') return false
    const byFeed = state.code === 'LICENSE_REVOKED' && record.feed !== null
    return !(record.tombstone !== null || byFeed || state.code === 'FEATURE_NOT_INCLUDED')
  })
  expect(listIds(wrong)).toEqual([])
})

test('judge vectors: a tombstone in the new record never goes with an allowed state', () => {
  const wrong = rulings.filter(({ state, record }) => state.allowed && record.tombstone !== null)
  expect(listIds(wrong)).toEqual([])
})

test('judge vectors: a refusal by the server leaves neither lease nor answer, except for a feature', () => {
  const wrong = rulings.filter(
    ({ state, record }) =>
      state.status === 'refused' &&
      state.source === 'server' &&
      state.code !== 'FEATURE_NOT_INCLUDED' &&
      (record.lease !== null || record.answer !== null || record.tombstone?.code !== state.code),
  )
  expect(listIds(wrong)).toEqual([])
})

test('judge vectors: with pinned keys, no response without a signature changes more than the floor', () => {
  const isUnsigned = ({ step, options }: Row) =>
    (options.publicKeys?.length ?? 0) > 0 &&
    'outcome' in step &&
    (step.outcome === null ||
      !('body' in step.outcome) ||
      !step.outcome.body.includes('"signed":"'))
  const wrong = rulings.filter((row) => isUnsigned(row) && row.state.source === 'server')
  expect(rulings.filter(isUnsigned).length).toBeGreaterThan(60)
  expect(listIds(wrong)).toEqual([])
})

test('judge vectors: a refresh is due whenever a state without a verdict is not allowed', () => {
  const wrong = rulings.filter(
    ({ state, refresh }) =>
      !state.allowed &&
      state.source !== 'server' &&
      state.code !== 'FEATURE_NOT_INCLUDED' &&
      !refresh,
  )
  expect(listIds(wrong)).toEqual([])
})

test('judge vectors: the floor falls only by a verdict, or by a file that is newer than the stored one', () => {
  const falls = cases.flatMap(({ id, record, steps: own }) => {
    let floor = readFloor(record)
    return own.flatMap(({ expected }) => {
      const before = floor
      floor = expected.record.floor
      const isVerdict = 'state' in expected && isByServer(expected)
      return floor < before && !isVerdict ? [id] : []
    })
  })
  expect(falls).toEqual(['import-file-heals-clock'])
})

test('judge vectors: times in a state are RFC 3339 in UTC without fractions', () => {
  const times = rulings.flatMap(({ state }) => [
    state.staleSince,
    state.refreshAfter,
    state.validUntil,
    state.license?.expiresAt ?? null,
  ])
  const wrong = times.filter(
    (time) => time !== null && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time),
  )
  expect(wrong).toEqual([])
})

function isByServer({ state }: Ruling): boolean {
  return state.source === 'server'
}

function readFloor(record: unknown): number {
  const { floor } = (record ?? {}) as { floor?: unknown }
  return typeof floor === 'number' ? floor : 0
}
