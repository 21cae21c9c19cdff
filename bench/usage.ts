import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DAY_MS, toTimestamp } from '~/domain/times.ts'
import { startLicet } from './servers.ts'

const help = `Measures usage queries and the size of the usage file. To measure what recording costs
validation, see bench/validate.

Usage:
  bench/usage

Options (default):
  --licenses N     licenses (10000)
  --validations N  recorded validations (10000000)
  --days N         days over which the validations are spread (90)`

const { values } = parseArgs({
  options: {
    licenses: { type: 'string', default: '10000' },
    validations: { type: 'string', default: '10000000' },
    days: { type: 'string', default: '90' },
    help: { type: 'boolean', default: false },
  },
})
const REPEATS = 51

if (values.help) console.log(help)
else await measureReads()

async function measureReads(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'licet-bench-usage-'))
  try {
    await seed(directory)
    printSize(directory)
    await using licet = await startLicet(directory, '/dev/null')
    const get = createGet(directory, licet.port)
    const ids = await readLicenseIds(get)
    const from = `from=${toTimestamp(Date.now() - Number(values.days) * DAY_MS)}`
    const reads: Record<string, (id: string) => string> = {
      'One license: first page with summary': (id) => `/licenses/${id}/usage?limit=100&${from}`,
      'One license: daily series': (id) => `/licenses/${id}/usage/series?${from}`,
      'One license: hourly series': (id) => `/licenses/${id}/usage/series?interval=hour`,
      'All licenses: summary': () => `/usage/summary?${from}`,
      'All licenses: daily series': () => `/usage/series?${from}`,
      'All licenses: hourly series': () => `/usage/series?interval=hour&${from}`,
    }
    console.log(`\n${`Time in ms, ${values.days} days`.padEnd(48)}  median     max`)
    for (const [name, pathOf] of Object.entries(reads)) await printTimes(name, get, pathOf, ids)
    await printExport(get, from)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function seed(directory: string): Promise<void> {
  const startedAtMs = performance.now()
  const { licenses, validations, days } = values
  const amounts = ['--licenses', licenses, '--validations', validations, '--days', days]
  const script = join(import.meta.dir, '../scripts/seed.ts')
  const child = Bun.spawn([process.execPath, script, directory, ...amounts], {
    stdio: ['ignore', 2, 2],
  })
  if ((await child.exited) !== 0) throw new Error('The usage file could not be seeded.')
  const seconds = Math.round((performance.now() - startedAtMs) / 1000)
  console.log(`Seeded ${validations} validations of ${licenses} licenses in ${seconds} s`)
}

function printSize(directory: string): void {
  const files = readdirSync(directory).filter((name) => name.startsWith('usage.sqlite'))
  const bytes = files.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
  const perMillion = bytes / 1e6 / (Number(values.validations) / 1e6)
  console.log(`${Math.round(bytes / 1e6)} MB on disk, ${perMillion.toFixed(1)} MB per million`)
}

type Get = (path: string) => Promise<Response>

function createGet(directory: string, port: number): Get {
  const token = readFileSync(join(directory, 'admin.token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}` }
  return async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
    if (!response.ok) throw new Error(`GET ${path} failed: ${await response.text()}`)
    return response
  }
}

async function readLicenseIds(get: Get): Promise<string[]> {
  const response = await get(`/api/v1/licenses?limit=${Math.min(REPEATS, 100)}`)
  const { data } = (await response.json()) as { data: { id: string }[] }
  return data.map(({ id }) => id)
}

async function printTimes(
  name: string,
  get: Get,
  pathOf: (id: string) => string,
  ids: readonly string[],
): Promise<void> {
  const times: number[] = []
  for (const id of ids) {
    const startedAtMs = performance.now()
    await (await get(`/api/v1${pathOf(id)}`)).text()
    times.push(performance.now() - startedAtMs)
  }
  const sorted = times.toSorted((one, other) => one - other)
  const median = (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(1)
  const max = (sorted.at(-1) ?? Number.NaN).toFixed(1)
  console.log(name.padEnd(48) + median.padStart(8) + max.padStart(8))
}

/** Prints the duration of a full export and the memory of the server during it. */
async function printExport(get: Get, from: string): Promise<void> {
  const before = await readMemoryMb(get)
  const startedAtMs = performance.now()
  const response = await get(`/api/v1/usage/export?format=ndjson&${from}`)
  let bytes = 0
  let max = before
  let sampledAtBytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes - sampledAtBytes < 100e6) continue
    sampledAtBytes = bytes
    max = Math.max(max, await readMemoryMb(get))
  }
  const seconds = (performance.now() - startedAtMs) / 1000
  console.log(`\nExport: ${Math.round(bytes / 1e6)} MB in ${seconds.toFixed(1)} s`)
  const after = await readMemoryMb(get)
  console.log(`Memory of the server: ${before} MB before, ${max} MB at most, ${after} MB after`)
}

async function readMemoryMb(get: Get): Promise<number> {
  const text = await (await get('/metrics')).text()
  const bytes = /^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]
  return Math.round(Number(bytes) / 1e6)
}
