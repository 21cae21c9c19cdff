import { expect, test } from 'bun:test'
import { createIds } from '~/deps.ts'
import { FixedClock } from '../support/clock.ts'

const DAY_MS = 86_400_000
const IDS = 20_000

test.each([
  ['a millisecond', 1],
  ['an hour', DAY_MS / 24],
  ['a day', DAY_MS],
])('ids: after the clock went back by %s, they are still unique and in order', (_, backMs) => {
  const clock = new FixedClock()
  const createId = createIds(clock)
  const ids = Array.from({ length: IDS }, (_, index) => {
    if (index === IDS / 2) clock.jumpMs(-backMs)
    return createId('evt')
  })
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(IDS)
})

test('ids: after the clock went back by a year, new ones contain the time as it is', () => {
  const [ahead, right] = [new FixedClock('2027-03-06T00:00:00Z'), new FixedClock()]
  const createId = createIds(ahead)
  createId('evt')
  ahead.jumpMs(right.nowMs() - ahead.nowMs())
  expect(createId('evt').slice(0, 12)).toBe(createIds(right)('evt').slice(0, 12))
})

test('ids: a clock that shows a time before 1970 still gets ids', () => {
  const createId = createIds(new FixedClock('1944-10-07T00:00:00Z'))
  expect(createId('lic')).toMatch(/^lic_0{9}/)
  expect(createId('lic')).not.toBe(createId('lic'))
})
