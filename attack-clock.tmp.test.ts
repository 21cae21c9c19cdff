import { expect, test } from 'bun:test'
import { openEdgeSystem, until } from './test/edge/system.ts'
const YEAR = 365 * 86_400_000
test('clock', async () => {
  await using system = await openEdgeSystem({ onPartition: 'stale=1h' })
  const { primary, edge } = system
  const start = primary.clock.nowMs()
  const { key } = await primary.createLicense({ expires_at: new Date(start + 86_400_000).toISOString() })
  const endless = await primary.createLicense({ expires_at: null })
  const body = { key, domain: 'example.com' }
  const other = { key: endless.key, domain: 'example.com' }
  await system.warm(body)
  await system.warm(other)
  for (const jump of [YEAR, -YEAR, -YEAR, YEAR, 3000, -3000, 20_000, -20_000, 500, -500]) {
    primary.clock.jumpMs(jump)
    const right = (await primary.validate(body)).body
    const t = performance.now()
    // an edge may be late by a poll
    let verdict = (await system.validate(body)).body
    while (verdict.valid !== right.valid && performance.now() - t < 4000) { await Bun.sleep(10); verdict = (await system.validate(body)).body }
    const late = performance.now() - t
    expect(verdict.valid).toBe(right.valid)
    const { confirmed } = { ...edge.figures }
    let count = 0
    const t2 = performance.now()
    while (edge.figures.confirmed === confirmed && performance.now() - t2 < 5000) { expect((await system.validate(other)).body.valid).toBe(true); count++; await Bun.sleep(5) }
    console.log({ jump, valid: right.valid, error: right.error, late: Math.round(late), untilLocal: count, edgeClock: edge.clock.nowMs() - primary.clock.nowMs(), lease: edge.lease.isRunning() })
    const changed = await primary.send('POST', `/api/v1/licenses/${endless.id}/suspend`, undefined, { prefer: 'wait=5' })
    expect(changed.headers.get('licet-edges')).toBe('1/1')
    expect((await system.validate(other)).body.valid).toBe(false)
    await primary.send('POST', `/api/v1/licenses/${endless.id}/reinstate`, undefined, { prefer: 'wait=5' })
    expect((await system.validate(other)).body.valid).toBe(true)
  }
  void until
}, 120_000)
