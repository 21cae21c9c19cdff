import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { HOUR_MS } from '~/domain/times.ts'
import { createEdgeUsage } from '~/edge/usage.ts'
import type { EdgeUsage } from '~/edge/usage-port.ts'
import type { EdgeUsageBody } from '~/wire/edge-usage.ts'
import { waitFor } from '../support/degraded.ts'
import { aDevice, aLicenseState, aValidation, startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'

let directory: string
let nowMs: number
/** Whether the primary responds, and whether its responses arrive. */
let isReachable: boolean
let losesResponses: boolean
let refuses: (body: EdgeUsageBody) => number | null
let received: EdgeUsageBody[]
let lastBatches: Map<string, number>
let counts: Map<string, number>
let errors: string[]
let dropped: number
let edges: EdgeUsage[]

beforeEach(() => {
  directory = createScratchDirectory()
  nowMs = startMs
  isReachable = true
  losesResponses = false
  refuses = () => null
  received = []
  lastBatches = new Map()
  counts = new Map()
  errors = []
  dropped = 0
  edges = []
})
afterEach(async () => {
  isReachable = true
  losesResponses = false
  for (const edge of edges) await edge.close()
  rmSync(directory, { recursive: true })
})

/** A primary that stores each batch once. */
async function post(path: string, text: string): Promise<Response> {
  expect(path).toBe('/usage')
  if (!isReachable) throw new Error('unreachable')
  const body: EdgeUsageBody = JSON.parse(text)
  received.push(body)
  const refusal = refuses(body)
  if (refusal !== null) return new Response('{}', { status: refusal })
  const number = body.batch ?? 0
  if (number > (lastBatches.get(body.run) ?? 0)) {
    lastBatches.set(body.run, number)
    for (const [licenseId, , , count] of body.entries) {
      counts.set(licenseId, (counts.get(licenseId) ?? 0) + count)
    }
  }
  if (losesResponses) throw new Error('the response was lost')
  return Response.json({ batch: body.batch, unknown: 0 })
}

function openEdge(bytesMax?: number): EdgeUsage {
  const edge = createEdgeUsage(
    {
      directory,
      nowMs: () => nowMs,
      post,
      onError: (error) => errors.push(String(error)),
      onDropped: (count) => {
        dropped += count
      },
    },
    bytesMax,
  )
  edges.push(edge)
  return edge
}

const record = (
  edge: EdgeUsage,
  licenseId = 'lic_a',
  given: Parameters<typeof aValidation>[0] = {},
) => edge.record(aValidation({ licenseId, atMs: nowMs, ...given }))

const listFiles = () => {
  const path = `${directory}/usage`
  return existsSync(path) ? readdirSync(path).sort() : []
}

/** Records more different validations than a batch may have. */
function recordMany(edge: EdgeUsage): void {
  for (let index = 0; index < 5000; index += 1) record(edge, `lic_${index}`)
}

/** Waits until the journal has so many validations, and returns its files. */
async function waitForJournal(count: number) {
  const countIn = (name: string) => Number(/-(\d+)\.batch$/.exec(name)?.[1] ?? 0)
  await waitFor(async () => listFiles().reduce((sum, name) => sum + countIn(name), 0) === count)
  return listFiles().map((name) => [name, readFileSync(`${directory}/usage/${name}`)] as const)
}

/** Leaves validations in the journal, as an edge that cannot reach its primary. */
async function leaveBehind(batches: number, each = 1, bytesMax?: number): Promise<void> {
  isReachable = false
  const edge = openEdge(bytesMax)
  for (let index = 0; index < batches; index += 1) {
    for (let nth = 0; nth < each; nth += 1) record(edge, 'lic_a', { version: `${index} ${nth}` })
    await edge.close()
  }
  isReachable = true
}

test('edge usage: equal validations are sent once, with their count and times', async () => {
  const edge = openEdge()
  edge.start()
  for (let index = 0; index < 5; index += 1) record(edge, 'lic_a', { atMs: startMs + index })
  record(edge, 'lic_a', { domain: 'a.com', activatedDomain: 'a.com', country: 'DE' })
  await edge.close()
  expect(received).toHaveLength(1)
  expect(received[0]?.entries).toEqual([
    ['lic_a', startMs, startMs + 4, 5, null, null, null, null, null, null, null],
    ['lic_a', startMs, startMs, 1, null, 'DE', 'a.com', 'a.com', null, null, null],
  ])
  expect(listFiles()).toEqual([])
})

test('edge usage: refusals are not sent, because the primary has counted them', async () => {
  const edge = openEdge()
  edge.start()
  record(edge, 'lic_a', { error: 'LICENSE_EXPIRED' })
  await edge.close()
  expect(received).toEqual([])
})

test('edge usage: a batch belongs to one hour', async () => {
  const edge = openEdge()
  edge.start()
  record(edge)
  record(edge, 'lic_a', { atMs: startMs + HOUR_MS })
  await edge.close()
  expect(received.map(({ batch, entries }) => [batch, entries.length])).toEqual([
    [1, 1],
    [2, 1],
  ])
})

test('edge usage: more different validations than a batch may have become several batches', async () => {
  const edge = openEdge()
  edge.start()
  for (let index = 0; index < 5000; index += 1) record(edge, `lic_${index}`)
  await edge.close()
  expect(received.map(({ entries }) => entries.length)).toEqual([2000, 2000, 1000])
})

test('edge usage: with more validations than a batch may have, equal ones are sent together after a few seconds, and until then they are in the journal', async () => {
  const edge = openEdge()
  edge.start()
  recordMany(edge)
  const first = await waitForJournal(5000)
  recordMany(edge)
  await waitForJournal(10_000)
  expect([received, edge.countWaiting()]).toEqual([[], 10_000])
  await waitFor(async () => edge.countWaiting() === 0)
  expect(received.map(({ batch, entries }) => [batch, entries.length])).toEqual([
    [1, 2000],
    [2, 2000],
    [3, 1000],
  ])
  expect(received.flatMap(({ entries }) => entries).every(([, , , count]) => count === 2)).toBe(
    true,
  )
  expect([first.length, listFiles()]).toEqual([3, []])
})

test('edge usage: after a crash, what was in the journal counts once, also if an earlier state of it is there as well', async () => {
  const edge = openEdge()
  recordMany(edge)
  const earlier = await waitForJournal(5000)
  recordMany(edge)
  await waitForJournal(10_000)
  for (const [name, bytes] of earlier) writeFileSync(`${directory}/usage/${name}`, bytes)
  const next = openEdge()
  next.start()
  await next.close()
  const sum = [...counts.values()].reduce((total, count) => total + count, 0)
  expect([sum, received.length, listFiles()]).toEqual([10_000, 3, []])
})

test('edge usage: an activation is reported at most once an hour', async () => {
  const activation = { ...aDevice(aLicenseState(), 'machine'), id: 'act_a', lastSeenAtMs: startMs }
  const edge = openEdge()
  edge.start()
  for (const minutes of [1, 61, 62, 122]) edge.recordSeen(activation, startMs + minutes * 60_000)
  await edge.close()
  expect(received.flatMap(({ seen }) => seen)).toEqual([['act_a', startMs + 122 * 60_000]])
})

test('edge usage: nothing is sent before the first poll, and everything counts as waiting', async () => {
  const edge = openEdge()
  record(edge)
  record(edge)
  nowMs += 5000
  expect(edge.countWaiting()).toBe(2)
  expect(edge.getDeliveredUntilMs()).toBe(startMs)
  await edge.close()
  expect(received).toEqual([])
  expect(listFiles()).toHaveLength(1)
})

test('edge usage: what waits since before the clock was set back is not reported as delivered', async () => {
  const edge = openEdge()
  isReachable = false
  nowMs = startMs + 8760 * HOUR_MS
  record(edge)
  nowMs = startMs
  expect(edge.getDeliveredUntilMs()).toBe(0)
  isReachable = true
  edge.start()
  await edge.close()
  expect(edge.getDeliveredUntilMs()).toBe(startMs)
})

test('edge usage: what one process leaves behind is delivered by the next, and until then not reported as delivered', async () => {
  await leaveBehind(3)
  expect(listFiles()).toHaveLength(3)
  const next = openEdge()
  nowMs += 60_000
  expect([next.countWaiting(), next.getDeliveredUntilMs()]).toEqual([3, startMs])
  next.start()
  await next.close()
  expect([next.countWaiting(), next.getDeliveredUntilMs()]).toEqual([0, nowMs])
  expect(received.map(({ batch }) => batch)).toEqual([1, 2, 3])
  expect([counts.get('lic_a'), listFiles()]).toEqual([3, []])
})

test('edge usage: a batch whose response was lost is sent again as it was, and counts once', async () => {
  losesResponses = true
  const edge = openEdge()
  edge.start()
  record(edge)
  await edge.close()
  expect(listFiles()).toHaveLength(1)
  losesResponses = false
  const next = openEdge()
  record(next)
  next.start()
  await next.close()
  expect(received).toHaveLength(3)
  expect(received[1]).toEqual(received[0])
  expect(counts.get('lic_a')).toBe(2)
})

test('edge usage: two edges with one token deliver everything', async () => {
  const other = createScratchDirectory()
  for (const home of [directory, other]) {
    const edge = createEdgeUsage({
      ...{ directory: home, nowMs: () => nowMs, post },
      onError: () => undefined,
      onDropped: () => undefined,
    })
    edge.start()
    record(edge)
    await edge.close()
  }
  rmSync(other, { recursive: true })
  expect(counts.get('lic_a')).toBe(2)
})

test('edge usage: a damaged batch is set aside with a message, and delays no other', async () => {
  await leaveBehind(3)
  const [, damaged = ''] = listFiles()
  const path = `${directory}/usage/${damaged}`
  writeFileSync(path, readFileSync(path, 'utf8').replace('lic_a', 'lic_b'))
  const next = openEdge()
  next.start()
  await next.close()
  expect(received.map(({ batch }) => batch)).toEqual([1, 3])
  expect(errors.at(-1)).toContain('checksum')
  expect([dropped, listFiles()]).toEqual([1, [`${damaged}.refused`]])
})

test.each(['', 'x', '{"run":1}', '\n\n'])(
  'edge usage: a file in the journal with the text %j is set aside',
  async (text) => {
    await leaveBehind(1)
    const [name = ''] = listFiles()
    writeFileSync(`${directory}/usage/${name}`, text)
    writeFileSync(`${directory}/usage/notes.txt`, 'of an operator')
    const next = openEdge()
    next.start()
    await next.close()
    expect([received, listFiles()]).toEqual([[], [`${name}.refused`, 'notes.txt']])
  },
)

test('edge usage: a batch that the primary refuses is set aside, and delays no other', async () => {
  await leaveBehind(3)
  refuses = ({ batch }) => (batch === 1 ? 422 : null)
  const next = openEdge()
  next.start()
  await next.close()
  expect(counts.get('lic_a')).toBe(2)
  expect(listFiles()).toEqual([expect.stringMatching(/-1-1-.*\.refused$/)])
})

test('edge usage: batches that were refused count in the bound, the oldest are deleted first, and the log says so once', async () => {
  await leaveBehind(9, 100)
  const size = readFileSync(`${directory}/usage/${listFiles()[0]}`).length
  refuses = ({ batch }) => (batch === 9 ? null : 422)
  const next = openEdge()
  next.start()
  await next.close()
  expect([counts.get('lic_a'), dropped, listFiles().length]).toEqual([100, 800, 8])
  await leaveBehind(1, 1, 5 * size)
  const left = listFiles().filter((name) => name.endsWith('.refused'))
  expect(left.map((name) => name.split('-')[1]).sort()).toEqual(['6', '7', '8'])
  expect(listFiles().length).toBe(4)
  expect(errors.filter((error) => error.includes('oldest'))).toHaveLength(1)
})

test.each([401, 404, 429, 500, 503])(
  'edge usage: after a response with status %d the batch is kept for another attempt',
  async (status) => {
    await leaveBehind(2)
    refuses = () => status
    const edge = openEdge()
    edge.start()
    await edge.close()
    expect([received.length, listFiles().length, dropped]).toEqual([1, 2, 0])
  },
)

test('edge usage: above the bound the oldest batches become counts, and the sums stay the same', async () => {
  await leaveBehind(40, 100, 100_000)
  const { length } = listFiles()
  expect(length).toBeLessThan(40)
  expect(dropped).toBe(0)
  const next = openEdge()
  expect(next.countWaiting()).toBe(4000)
  next.start()
  await next.close()
  expect(counts.get('lic_a')).toBe(4000)
  const merged = received.flatMap(({ entries }) => entries).filter(([, , , count]) => count > 1)
  expect(merged[0]?.slice(4)).toEqual([null, null, null, null, null, null, null])
})

test('edge usage: a batch that may have been sent is never merged', async () => {
  losesResponses = true
  const edge = openEdge(5000)
  edge.start()
  for (let index = 0; index < 3; index += 1) {
    for (let nth = 0; nth < 60; nth += 1) record(edge, 'lic_a', { version: `${index} ${nth}` })
    await edge.close()
  }
  losesResponses = false
  const next = openEdge()
  next.start()
  await next.close()
  expect(counts.get('lic_a')).toBe(180)
  expect(received.at(0)).toEqual(received.find(({ batch }, index) => index > 0 && batch === 1))
})

test('edge usage: after a merge that was interrupted, nothing counts twice', async () => {
  await leaveBehind(30, 100)
  const before = listFiles().map(
    (name) => [name, readFileSync(`${directory}/usage/${name}`)] as const,
  )
  const merging = openEdge(100_000)
  isReachable = false
  await merging.close()
  expect(listFiles().length).toBeLessThan(30)
  // As if the process had ended before it deleted the files that were merged.
  for (const [name, bytes] of before) writeFileSync(`${directory}/usage/${name}`, bytes)
  writeFileSync(`${directory}/usage/half.batch.new`, 'half')
  isReachable = true
  const next = openEdge()
  next.start()
  await next.close()
  expect([counts.get('lic_a'), listFiles()]).toEqual([3000, []])
})

test('edge usage: counts that do not fit either are dropped, oldest first, and reported', async () => {
  isReachable = false
  const edge = openEdge(20_000)
  for (let index = 0; index < 2000; index += 1) record(edge, `lic_${index}`)
  await edge.close()
  for (let index = 0; index < 2000; index += 1) record(edge, `lic_${index}`)
  await edge.close()
  expect(dropped + edge.countWaiting()).toBe(4000)
  expect(dropped).toBeGreaterThan(0)
})

test('edge usage: without a journal, validations wait in memory, and are delivered', async () => {
  writeFileSync(`${directory}/usage`, 'a file, not a directory')
  const edge = openEdge()
  edge.start()
  isReachable = false
  record(edge)
  await edge.close()
  expect(edge.countWaiting()).toBe(1)
  isReachable = true
  const next = openEdge()
  next.start()
  record(next)
  await next.close()
  expect(counts.get('lic_a')).toBe(1)
  expect(errors.length).toBeGreaterThan(0)
})

test('edge usage: without a journal, memory has a limit, and what is dropped is counted', async () => {
  writeFileSync(`${directory}/usage`, 'a file, not a directory')
  const edge = openEdge()
  for (let index = 0; index < 130_000; index += 1) record(edge, `lic_${index}`)
  await edge.close()
  expect([edge.countWaiting(), dropped]).toEqual([100_000, 30_000])
})

test('edge usage: once the journal can be written again, what waits in memory is stored', async () => {
  writeFileSync(`${directory}/usage`, 'a file, not a directory')
  const edge = openEdge()
  isReachable = false
  record(edge)
  await edge.close()
  rmSync(`${directory}/usage`)
  await edge.close()
  expect(listFiles()).toHaveLength(1)
})

test('edge usage: nothing is lost or doubled when an edge is killed again and again', async () => {
  const lastOf = new Map<string, number>()
  let total = 0
  let requests = 0
  let interrupt: () => void = () => undefined
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      const { run, batch, entries } = (await request.json()) as EdgeUsageBody
      requests += 1
      // Of each life, before a batch is stored or after it.
      if (requests % 3 === 0) interrupt()
      if ((batch ?? 0) <= (lastOf.get(run) ?? 0)) return Response.json({})
      lastOf.set(run, batch ?? 0)
      total += entries.reduce((sum, [, , , count]) => sum + count, 0)
      return Response.json({})
    },
  })
  let recorded = 0
  for (let life = 0; life < 4; life += 1) {
    const script = `${import.meta.dir}/usage-record-until-killed.ts`
    const child = Bun.spawn([process.execPath, script, directory, server.url.origin], {
      stdout: 'pipe',
      stderr: 'inherit',
    })
    interrupt = () => child.kill('SIGKILL')
    const lines = (await new Response(child.stdout).text()).trim().split('\n')
    recorded += lines.length
  }
  interrupt = () => undefined
  const last = createEdgeUsage({
    ...{ directory, nowMs: () => nowMs },
    post: (path, body) => fetch(server.url.origin + path, { method: 'POST', body }),
    onError: (error) => errors.push(String(error)),
    onDropped: () => undefined,
  })
  last.start()
  await last.close()
  await server.stop(true)
  // A kill may lose the part of a second that was not in a batch yet.
  expect(total).toBeLessThanOrEqual(recorded)
  expect(total).toBeGreaterThan(recorded - 4 * 1000)
  expect(errors).toEqual([])
}, 120_000)
