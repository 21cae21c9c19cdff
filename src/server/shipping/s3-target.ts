import { isShippedName, listLeftovers, NAME_START, toHashName } from '~/domain/backup-names.ts'
import { Fault } from '~/domain/faults.ts'
import { type BackupLocation, formatLocation } from '~/platform/config-backups.ts'
import { hashStream, parseHash } from '../backup-hash.ts'
import { notAsWritten } from './folder-target.ts'
import type { BackupTarget } from './target.ts'

/** 10,000 parts of this size are 160 GB, and three of them are in memory at a time. */
const PART_BYTES = 16_777_216
const PARTS_AT_ONCE = 2
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

/** Creates a target in a bucket. Bun reads the credentials, region and endpoint from the environment. */
export function createS3Target(location: S3Location): BackupTarget {
  const { bucket, prefix } = location
  const target = formatLocation(location)
  const client = new Bun.S3Client({ bucket })
  const keyOf = (name: string) => prefix + name
  const run = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      throw explain(error, target)
    }
  }
  const list = () => run(() => listFolder(client, prefix))
  const remove = (name: string) =>
    run(async () => {
      // The SHA-256 comes first: without it, the rest is a leftover.
      await client.delete(keyOf(toHashName(name)))
      await client.delete(keyOf(name))
    })
  const readHash = async (name: string) => {
    const file = client.file(keyOf(toHashName(name)))
    return (await file.exists()) ? parseHash(await file.text()) : null
  }
  return {
    name: target,
    prepare: () => run(async () => void (await client.list({ prefix, maxKeys: 1 }))),
    removeLeftovers: async (owner) => {
      const sizes = await list()
      const isComplete = (name: string) => sizes.has(name) && sizes.has(toHashName(name))
      const leftovers = listLeftovers([...sizes.keys()], owner, isComplete)
      await run(async () => {
        for (const name of leftovers) await client.delete(keyOf(name))
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
        const options = { partSize: PART_BYTES, queueSize: PARTS_AT_ONCE, retry: RETRIES }
        await client.write(keyOf(name), Bun.file(path), options)
        if ((await hashStream(client.file(keyOf(name)).stream())) !== sha256) {
          await remove(name)
          throw notAsWritten(name, target)
        }
        await client.write(keyOf(toHashName(name)), `${sha256}  ${name}\n`, { retry: RETRIES })
      }),
    load: (name, path) =>
      run(async () => {
        const sink = Bun.file(path).writer()
        for await (const chunk of client.file(keyOf(name)).stream()) {
          sink.write(chunk)
          await sink.flush()
        }
        await sink.end()
        return { path, sha256: await readHash(name) }
      }),
    has: (name) => run(() => client.file(keyOf(name)).exists()),
    delete: remove,
  }
}

/** Lists what Licet may have stored directly below a prefix, with the sizes. */
async function listFolder(client: Bun.S3Client, prefix: string) {
  const sizes = new Map<string, number>()
  for (let continuationToken: string | undefined; ; ) {
    const page = await client.list({
      prefix: prefix + NAME_START,
      maxKeys: KEYS_PER_PAGE,
      ...(continuationToken !== undefined && { continuationToken }),
    })
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
