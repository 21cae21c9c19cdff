import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordBackup } from '~/platform/last-backup.ts'
import { version } from '~/platform/version.ts'
import { openTestApp } from '../support/app.ts'
import { buildPayment, processAll, processEvent, sendEvent } from '../support/checkout.ts'
import { onlySqlite } from '../support/engine.ts'
import { openMailApp } from '../support/mail-server.ts'

const open = { authorization: undefined }

test('operations: health checks need no token and reveal no details', async () => {
  await using app = await openTestApp()
  for (const path of ['/livez', '/readyz']) {
    const { status, body } = await app.send('GET', path, undefined, open)
    expect(status).toBe(200)
    expect(body).toEqual({ status: 'ok' })
    expect((await app.send('HEAD', path, undefined, open)).status).toBe(200)
  }
})

test('operations: metrics are in Prometheus format and count verdicts and requests', async () => {
  await using app = await openTestApp()
  const { key } = await app.createLicense()
  await app.validate({ key })
  await app.validate({ key: 'an-unknown-imported-key' })
  const { status, headers, text } = await app.send('GET', '/metrics')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
  expect(text).toMatch(/verdict="VALID"\} 1$/m)
  expect(text).toMatch(/verdict="LICENSE_NOT_FOUND"\} 1$/m)
  expect(text).toContain('licet_http_requests_total{')
  expect(text).not.toContain(key)
})

test('operations: unknown paths add no metrics', async () => {
  await using app = await openTestApp()
  for (let index = 0; index < 50; index += 1) {
    await app.send('GET', `/made-up-${index}`, undefined, open)
  }
  const { text } = await app.send('GET', '/metrics')
  expect(text).not.toContain('made-up')
})

test('operations: metrics have conventional names, and none claims to come from Node', async () => {
  await using app = await openTestApp()
  await app.validate({ key: 'an-unknown-imported-key' })
  const { text } = await app.send('GET', '/metrics')
  const names = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name = '', type]) => [
    name,
    type,
  ])
  for (const [name, type] of names) {
    expect(name).toMatch(/^(?:licet|process)_[a-z0-9_]+$/)
    expect([name, name?.endsWith('_total')]).toEqual([name, type === 'counter'])
  }
  expect(text).not.toMatch(/node/i)
  // Reserved for summaries, of which there is none.
  expect(text).not.toContain('quantile')
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'process_open_fds',
    'licet_event_loop_delay_seconds{percentile="99"}',
    `licet_build_info{version="${version}",bun="${Bun.version}"} 1`,
    'licet_license_cache_reads_total{from="memory"}',
  ]) {
    expect(text).toContain(`\n${name}`)
  }
})

test('operations: metrics show the pending webhook deliveries and the age of the oldest', async () => {
  await using app = await openTestApp()
  const read = async () => {
    const { text } = await app.send('GET', '/metrics')
    return ['webhook_deliveries_pending', 'webhook_oldest_pending_age_seconds'].map((name) =>
      Number(new RegExp(`^licet_${name} (\\S+)$`, 'm').exec(text)?.[1]),
    )
  }
  const endpoint = { url: 'https://hooks.example.com/a', events: ['license.*'] }
  const { body } = await app.send('POST', '/api/v1/webhooks', endpoint)
  expect(await read()).toEqual([0, 0])
  await app.createLicense()
  app.clock.advanceMs(90_000)
  await app.createLicense()
  expect(await read()).toEqual([2, 90])
  await app.send('DELETE', `/api/v1/webhooks/${body.id}`)
  expect(await read()).toEqual([0, 0])
})

test('operations: metrics show the events of shops that need attention by state, and the pending mails', async () => {
  await using app = await openMailApp('smtp://127.0.0.1:1')
  const read = async () => {
    const { text } = await app.send('GET', '/metrics')
    const found = text.matchAll(
      /^licet_(?:checkout_events_open\{state="(\w+)"\}|(mails_pending)) (\S+)$/gm,
    )
    return Object.fromEntries([...found].map(([, state, mails, value]) => [state ?? mails, value]))
  }
  const none = { received: '0', unmatched: '0', failed: '0', mails_pending: '0' }
  const waiting = { waiting_for_customer: '0', waiting_for_purchase: '0' }
  expect(await read()).toEqual({ ...none, ...waiting })
  await processEvent(app, buildPayment(app, { order_id: 'unmatched' }))
  await processEvent(app, buildPayment(app, { order_id: 'early', type: 'refunded', items: [] }))
  await sendEvent(app, buildPayment(app, { order_id: 'next' }))
  expect(await read()).toEqual({
    ...none,
    received: '1',
    unmatched: '1',
    waiting_for_purchase: '1',
    waiting_for_customer: '0',
  })
  await app.send('POST', '/api/v1/checkout/rules', { price: 'price_1', plan: 'professional' })
  await processAll(app)
  expect(await read()).toMatchObject({ ...none, mails_pending: '2' })
})

onlySqlite('operations: metrics show the age of the last backup', async () => {
  await using app = await openTestApp()
  const read = async () => {
    const { text } = await app.send('GET', '/metrics')
    return /^licet_last_backup_age_seconds (\S+)$/m.exec(text)?.[1]
  }
  expect(await read()).toBe('+Inf')
  recordBackup(app.deps.config.dataDir, app.clock.nowMs() - 3_600_000)
  expect(await read()).toBe('3600')
  // A clock that was ahead must not make an old backup look new.
  recordBackup(app.deps.config.dataDir, app.clock.nowMs() + 3_600_000)
  expect(await read()).toBe('+Inf')
  writeFileSync(join(app.deps.config.dataDir, 'last-backup'), 'damaged')
  expect(await read()).toBe('+Inf')
})
