import { expect, test } from 'bun:test'
import { createAttempts } from '~/platform/attempts.ts'

test('attempts: each one that ends makes room, and can be waited for', async () => {
  let rooms = 0
  const attempts = createAttempts(() => {
    rooms += 1
  })
  expect(await attempts.waitForOne()).toBe(false)
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  attempts.start(() => first.promise)
  attempts.start(() => second.promise)
  expect([attempts.count(), rooms]).toEqual([2, 0])
  const one = attempts.waitForOne()
  second.resolve()
  expect(await one).toBe(true)
  expect([attempts.count(), rooms]).toEqual([1, 1])
  first.resolve()
  await attempts.stop(1000)
  expect([attempts.count(), rooms, attempts.isStopping()]).toEqual([0, 2, false])
})

test('attempts: a stop aborts those that outlast its grace, and waits for their end', async () => {
  const attempts = createAttempts(() => undefined)
  const ended: string[] = []
  attempts.start(
    (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          ended.push('aborted')
          resolve()
        }),
      ),
  )
  await attempts.stop(0)
  expect([ended, attempts.count(), attempts.isStopping()]).toEqual([['aborted'], 0, true])
})
