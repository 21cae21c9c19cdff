import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createClockMap } from '~/clock-map.ts'

const anEntry = (value: number) => ({ value, isUsed: false })

test('clock map: has the value set last for each key, at most as many as allowed, and reports each drop', () => {
  const operations = fc.array(
    fc.record({
      name: fc.constantFrom('get' as const, 'set' as const, 'delete' as const, 'clear' as const),
      key: fc.integer({ min: 0, max: 12 }),
    }),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(operations, fc.integer({ min: 0, max: 6 }), (list, max) => {
      const dropped: number[] = []
      const map = createClockMap<number, ReturnType<typeof anEntry>>(max, ({ value }) =>
        dropped.push(value),
      )
      const last = new Map<number, number>()
      let inserted = 0
      for (const [index, { name, key }] of list.entries()) {
        if (name === 'set') {
          map.set(key, anEntry(index))
          last.set(key, index)
          if (max > 0) inserted += 1
        } else if (name === 'delete') map.delete(key)
        else if (name === 'clear') map.clear()
        else {
          const found = map.get(key)
          if (found !== undefined) expect(found.value).toBe(last.get(key) ?? -1)
        }
        expect(map.count()).toBeLessThanOrEqual(max)
        expect(map.count() + dropped.length).toBe(inserted)
      }
    }),
  )
})

test('clock map: entries that are used stay, and others make room', () => {
  const map = createClockMap<number, ReturnType<typeof anEntry>>(3)
  for (const key of [1, 2, 3]) map.set(key, anEntry(key))
  for (let key = 4; key < 20; key += 1) {
    map.get(1)
    map.set(key, anEntry(key))
    expect(map.get(1)?.value).toBe(1)
  }
})
