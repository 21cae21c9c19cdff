import { isShippedName, listLeftovers, NAME_START, toHashName } from '~/domain/backup-names.ts'
import { Fault } from '~/domain/faults.ts'
import { type BackupLocation, formatLocation } from '~/platform/config-backups.ts'
import { hashStream, parseHash } from '../backup-hash.ts'
import { notAsWritten } from './folder-target.ts'
import { createPatience, type Patience, type PatienceLimits } from './patience.ts'
import type { BackupTarget } from './target.ts'

interface S3Limits extends PatienceLimits {
  readonly partBytes: number
}

const LIMITS: S3Limits = {
  silenceMaxMs: 60_000,
  bytesPerSecondMin: 65_536,
  // 10,000 parts of this size are 160 GB, and two of them are in memory at a time.
  partBytes: 16_777_216,
}
const RETRIES = 3
const KEYS_PER_PAGE = 1000
const KEYS_MAX = 100_000
/** A proxy may respond with a whole page. */
const MESSAGE_CHARACTERS_MAX = 200

/** Advice for the codes of S3 and of the network. */
const advice: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'The access key is unknown there: check AWS_ACCESS_KEY_ID.',
  SignatureDoesNotMatch: 'The secret key is wrong: check AWS_SECRET_ACCESS_KEY.',
  AccessDenied: 'These credentials need the right to list, read, write and delete there.',
  ExpiredToken: 'The session token has expired: renew AWS_SESSION_TOKEN.',
  NoSuchBucket: 'There is no such bucket: create it, or correct its name.',
  ERR_S3_MISSING_CREDENTIALS: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  Timeout: 'The service does not respond: check AWS_ENDPOINT and the network.',
  ConnectionRefused: 'The service cannot be reached: check AWS_ENDPOINT and the network.',
  FailedToOpenSocket: 'The service cannot be reached: check AWS_ENDPOINT and the network.',
}

type S3Location = Extract<BackupLocation, { kind: 's3' }>

/**
 * Creates a target in a bucket. Bun reads the credentials, region and endpoint from the environment,
 * unless a client has them. Every method fails within a time that fits the size, even if the service hangs.
 */
export function createS3Target(
  location: S3Location,
  client = new Bun.S3Client({ bucket: location.bucket }),
  limits = LIMITS,
): BackupTarget {
  const { prefix } = location
  const target = formatLocation(location)
  const patience = createPatience(target, limits)
  const fileOf = (name: string) => client.file(prefix + name)
  const run = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      throw explain(error, target)
    }
  }
  const ask = <Result>(send: () => Promise<Result>) => patience.waitFor(0, send)
  const list = () => run(() => listFolder(client, prefix, patience))
  const remove = (name: string) =>
    run(async () => {
      // The SHA-256 comes first: without it, the rest is a leftover.
      await ask(() => fileOf(toHashName(name)).delete())
      await ask(() => fileOf(name).delete())
    })
  const readHash = async (name: string) => {
    const file = fileOf(toHashName(name))
    return (await ask(() => file.exists())) ? parseHash(await ask(() => file.text())) : null
  }
  return {
    name: target,
    prepare: () => run(async () => void (await ask(() => client.list({ prefix, maxKeys: 1 })))),
    removeLeftovers: async (owner) => {
      const sizes = await list()
      const isComplete = (name: string) => sizes.has(name) && sizes.has(toHashName(name))
      const leftovers = listLeftovers([...sizes.keys()], owner, isComplete)
      await run(async () => {
        for (const name of leftovers) await ask(() => fileOf(name).delete())
      })
    },
    list: async () => {
      const sizes = await list()
      return [...sizes]
        .map(([name, bytes]) => ({ name, bytes }))
        .filter(({ name }) => isShippedName(name) && sizes.has(toHashName(name)))
    },
    store: ({ path, name, sha256 }) =>
      run(async () => {
        await upload(Bun.file(path), fileOf(name), limits.partBytes, patience)
        if ((await hashStream(patience.read(fileOf(name).stream()))) !== sha256) {
          await remove(name)
          throw notAsWritten(name, target)
        }
        const record = `${sha256}  ${name}\n`
        await ask(() => fileOf(toHashName(name)).write(record, { retry: RETRIES }))
      }),
    load: (name, path) =>
      run(async () => {
        const sink = Bun.file(path).writer()
        for await (const chunk of patience.read(fileOf(name).stream())) {
          sink.write(chunk)
          await sink.flush()
        }
        await sink.end()
        return { path, sha256: await readHash(name) }
      }),
    has: (name) => run(() => ask(() => fileOf(name).exists())),
    delete: remove,
  }
}

/** Uploads part by part, because only the end of a part shows that the service is still there. */
async function upload(
  source: Bun.BunFile,
  object: Bun.S3File,
  partBytes: number,
  patience: Patience,
): Promise<void> {
  const writer = object.writer({ partSize: partBytes, queueSize: 1, retry: RETRIES })
  for (let start = 0; start < source.size; start += partBytes) {
    const part = await source.slice(start, start + partBytes).bytes()
    writer.write(part)
    await patience.waitFor(part.length, async () => writer.flush())
  }
  // A file that is no larger than one part is only sent now.
  await patience.waitFor(Math.min(source.size, partBytes), async () => writer.end())
}

/** Lists what Licet may have stored directly below a prefix, with the sizes. */
async function listFolder(client: Bun.S3Client, prefix: string, patience: Patience) {
  const sizes = new Map<string, number>()
  for (let continuationToken: string | undefined; ; ) {
    const request = {
      prefix: prefix + NAME_START,
      maxKeys: KEYS_PER_PAGE,
      ...(continuationToken !== undefined && { continuationToken }),
    }
    const page = await patience.waitFor(0, () => client.list(request))
    for (const { key, size = 0 } of page.contents ?? []) sizes.set(key.slice(prefix.length), size)
    continuationToken = page.isTruncated ? page.nextContinuationToken : undefined
    if (continuationToken === undefined) return sizes
    if (sizes.size > KEYS_MAX) {
      const detail = `There are more than ${KEYS_MAX} objects below this prefix. Use a prefix of its own for backups.`
      throw new Fault('unavailable', detail)
    }
  }
}

/** Errors of S3 have a code; their messages never contain the credentials. */
function explain(error: unknown, target: string): unknown {
  if (error instanceof Fault || !(error instanceof Error) || !('code' in error)) return error
  const code = String(error.code)
  const message = error.message.replaceAll(/\s+/g, ' ').slice(0, MESSAGE_CHARACTERS_MAX)
  const detail = `${target} cannot be used: ${advice[code] ?? `${message} (${code}).`}`
  return new Fault(code === 'NoSuchKey' ? 'not_found' : 'unavailable', detail, { cause: error })
}
