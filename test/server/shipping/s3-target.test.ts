import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { buildScheduledName } from '~/domain/backup-names.ts'
import { hashFile } from '~/server/backup-hash.ts'
import { createS3Target } from '~/server/shipping/s3-target.ts'
import type { BackupTarget } from '~/server/shipping/target.ts'
import { startBucket, type TestBucket } from '../../support/s3.ts'
import { createScratchDirectory } from '../../support/scratch.ts'

/** The smallest that S3 takes. */
const PART_BYTES = 5_242_880
const name = buildScheduledName(Date.parse('2026-03-06T02:30:00Z'), 'kqzmwfta', false)
const folder = createScratchDirectory()
let bucket: TestBucket
beforeAll(async () => {
  bucket = await startBucket()
})
afterAll(() => bucket[Symbol.asyncDispose]())

const location = { kind: 's3', bucket: 'backups', prefix: 'licet/' } as const
const credentials = { bucket: 'backups', accessKeyId: 'a', secretAccessKey: 'b' }

async function writeSample(bytes: number) {
  const path = join(folder, `${bytes}.sqlite`)
  await Bun.write(path, Buffer.alloc(bytes, 'licet'))
  return { path, name, sha256: hashFile(path) }
}

/** Starts a service that responds to the first `answered` requests, and then only accepts connections. */
async function startSilent(answered: number, answer: (method: string) => string) {
  let requests = 0
  const server = createServer((request, response) => {
    request.resume()
    requests += 1
    if (requests <= answered) response.end(answer(request.method ?? ''))
    // Sends a part of what it has announced.
    else if (answer('') === 'half') response.writeHead(200, { 'content-length': 9000 }).write('a')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const endpoint = `http://127.0.0.1:${port}`
  const client = new Bun.S3Client({ ...credentials, endpoint })
  const limits = { silenceMaxMs: 150, bytesPerSecondMin: 1e9, partBytes: PART_BYTES }
  return {
    target: createS3Target(location, client, limits),
    countRequests: () => requests,
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

test.each([0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES])(
  'S3: a file of %d bytes is stored in parts, and loaded as it was',
  async (bytes) => {
    const endpoint = bucket.env.AWS_ENDPOINT ?? ''
    const client = new Bun.S3Client({ ...credentials, endpoint })
    const target = createS3Target({ ...location, prefix: `${bytes}/` }, client, {
      silenceMaxMs: 60_000,
      bytesPerSecondMin: 65_536,
      partBytes: PART_BYTES,
    })
    const sample = await writeSample(bytes)
    await target.store(sample)
    expect(await target.list()).toEqual([{ name, bytes }])
    const path = join(folder, `${bytes}.loaded`)
    expect(await target.load(name, path)).toEqual({ path, sha256: sample.sha256 })
    expect(hashFile(path)).toBe(sample.sha256)
  },
)

const operations: readonly [string, (target: BackupTarget) => Promise<unknown>][] = [
  ['prepare', (target) => target.prepare(1)],
  ['list', (target) => target.list()],
  ['has', (target) => target.has(name)],
  ['delete', (target) => target.delete(name)],
  ['load', (target) => target.load(name, join(folder, 'loaded'))],
  ['removeLeftovers', (target) => target.removeLeftovers('kqzmwfta')],
  ['store', async (target) => target.store(await writeSample(1000))],
  ['store in parts', async (target) => target.store(await writeSample(PART_BYTES + 1))],
]

test.each(operations)(
  'S3: %s fails soon with a service that never responds, which is then not asked again',
  async (_, operate) => {
    using silent = await startSilent(0, () => '')
    const detail = 'The service stopped responding, or is slower than'
    await expect(operate(silent.target)).rejects.toThrow(detail)
    const requests = silent.countRequests()
    await expect(silent.target.list()).rejects.toThrow(detail)
    expect(silent.countRequests()).toBe(requests)
  },
)

test('S3: a service that stops in the middle of a response is given up', async () => {
  using silent = await startSilent(0, () => 'half')
  await expect(silent.target.load(name, join(folder, 'half'))).rejects.toThrow('stopped responding')
})

test('S3: a service that stops after an upload was accepted is given up while it is read back', async () => {
  using silent = await startSilent(1, () => '')
  const sample = await writeSample(1000)
  await expect(silent.target.store(sample)).rejects.toThrow('stopped responding')
  expect(silent.countRequests()).toBe(2)
})
