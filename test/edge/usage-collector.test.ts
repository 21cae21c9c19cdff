import { expect, test } from 'bun:test'
import { HOUR_MS } from '~/domain/times.ts'
import { createCollector } from '~/edge/usage-collector.ts'
import { ENTRIES_MAX } from '~/wire/edge-usage.ts'
import { aValidation, startMs } from '../support/samples.ts'

type Collector = ReturnType<typeof createCollector>

/** Adds one validation for each of so many licenses. */
function addEach(collector: Collector, licenses: number, atMs = startMs): void {
  for (let index = 0; index < licenses; index += 1) {
    collector.add(aValidation({ licenseId: `lic_${index}`, atMs }))
  }
}

const outline = (collector: Collector, mayHold = true) =>
  collector.takeAll(mayHold).map(({ count, isComplete }) => [count, isComplete])

test('edge usage, collecting: what fits into a batch is complete at once', () => {
  const collector = createCollector()
  addEach(collector, ENTRIES_MAX - 1)
  addEach(collector, ENTRIES_MAX - 1)
  expect(outline(collector)).toEqual([[2 * (ENTRIES_MAX - 1), true]])
  expect(outline(collector)).toEqual([])
})

test('edge usage, collecting: batches that are held come again with all they have, under the same ID, until they are complete', () => {
  const collector = createCollector()
  addEach(collector, ENTRIES_MAX + 1)
  const first = collector.takeAll(true)
  expect(outline(collector)).toEqual([])
  addEach(collector, 3)
  expect(collector.listWaiting()).toEqual([{ sinceMs: startMs, count: 3 }])
  const [second, ...others] = collector.takeAll(true)
  expect(others).toEqual([])
  expect([second?.id, second?.count, second?.isComplete]).toEqual([
    first[0]?.id,
    ENTRIES_MAX + 3,
    false,
  ])
  const last = collector.takeAll(false)
  expect(last.map(({ id }) => id)).toEqual(first.map(({ id }) => id))
  expect(last.map(({ count, isComplete }) => [count, isComplete])).toEqual([
    [ENTRIES_MAX + 3, true],
    [1, true],
  ])
  expect(outline(collector, false)).toEqual([])
})

test('edge usage, collecting: nothing is held beyond an hour of the clock, or in more than ten batches', () => {
  const collector = createCollector()
  addEach(collector, ENTRIES_MAX + 1)
  addEach(collector, 1, startMs + HOUR_MS)
  expect(outline(collector)).toEqual([
    [ENTRIES_MAX, true],
    [1, true],
    [1, true],
  ])
  addEach(collector, 10 * ENTRIES_MAX + 1)
  const taken = outline(collector)
  expect(taken).toEqual([...Array(10).fill([ENTRIES_MAX, true]), [1, true]])
})

test('edge usage, collecting: a batch that is exactly full is complete after a few seconds, even if nothing follows', () => {
  let elapsedMs = 0
  const collector = createCollector(() => elapsedMs)
  addEach(collector, ENTRIES_MAX)
  expect(outline(collector)).toEqual([[ENTRIES_MAX, false]])
  elapsedMs = 5000
  expect(outline(collector)).toEqual([[ENTRIES_MAX, true]])
})
