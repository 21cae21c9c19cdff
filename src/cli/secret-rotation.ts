import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '~/deps.ts'
import { shellActor } from '~/domain/actors.ts'
import { Fault } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import { deriveGeneration } from '~/platform/generation.ts'
import { planRotation } from '~/platform/kept-keys.ts'
import {
  findMasterSecret,
  findNextSecret,
  masterSecretPath,
  nextSecretPath,
  openSecretFile,
  removeNextSecret,
  saveNextSecret,
} from '~/platform/secrets.ts'
import { continueRotation, releaseWork, takeWork } from '~/server/rotation/rotation.ts'
import { describeStep, toSecretState } from '~/server/rotation/state.ts'
import { findSecretDirectory, openCommandRuntime } from '~/server/runtime.ts'
import { formatFingerprint, ROTATION } from '~/store/shared/secret-check.ts'
import { type DirectoryLock, lockDirectory } from '~/store/sqlite/files/lock.ts'
import { printLine } from './print.ts'
import { requireDatabase } from './runtime.ts'

const WAIT_MS = 300
const REPORT_MS = 1000
const SILENT_MS = 30_000

/** Replaces the master secret, or continues to. Returns once that is finished. */
export async function rotateSecret(settings: Settings, to: string | undefined): Promise<void> {
  const { config, secrets } = settings
  if (secrets.databaseUrl === null) requireDatabase(config.dataDir)
  const directory = findSecretDirectory(settings)
  if (directory === null && to === undefined) {
    const detail =
      'The master secret comes from a variable, so name the file of the next one with --to FILE. It is created if there is none: then give the new secret to the servers.'
    throw new Fault('invalid_request', detail)
  }
  const next = openNext(directory, to)
  await using runtime = await openCommandRuntime(settings, next)
  const { deps } = runtime
  const { check, rotation } = toSecretState(await deps.store.secrets.read())
  const nextCheck = deriveGeneration(next, true).check
  if (rotation === null && nextCheck === check) {
    if (directory !== null) removeNextSecret(directory)
    printLine(`The secret with the fingerprint ${formatFingerprint(check)} is already in use.`)
    return
  }
  if (rotation !== null && rotation.nextCheck !== nextCheck) {
    const detail = `The master secret is being replaced by the one with the fingerprint ${formatFingerprint(rotation.nextCheck)}. Name its file with --to.`
    throw new Fault('in_use', detail)
  }
  using work = openWork(deps, settings)
  if (rotation === null) await begin(deps, settings, next, await work.isOurs())
  await finish(deps, directory, work.isOurs)
  await releaseWork(deps)
  printResult(directory, nextCheck)
}

/** Opens the next secret, or creates it. It is on disk before anything depends on it. */
function openNext(directory: string | null, to: string | undefined): Uint8Array {
  if (directory === null) return openSecretFile(to ?? '')
  if (to === undefined) return openSecretFile(nextSecretPath(directory))
  const next = openSecretFile(to)
  const known = findNextSecret(directory)
  if (known !== null && !Buffer.from(known).equals(next)) {
    const detail = `${nextSecretPath(directory)} has another secret, of a rotation that was stopped. Run licet secret rotate without --to.`
    throw new Fault('in_use', detail)
  }
  saveNextSecret(directory, next)
  return next
}

/** Whether this process does the work: a data directory has no server, and no other one of a database does. */
function openWork(deps: Deps, { config, secrets }: Settings) {
  let lock: DirectoryLock | null = null
  let hasTried = false

  /** Tries only once: later, a server that is just restarting needs the lock, and goes on with the work. */
  function tryToLock(): boolean {
    if (hasTried) return lock !== null
    hasTried = true
    try {
      lock = lockDirectory(config.dataDir, 'A server does the work.')
      return true
    } catch (error) {
      if (error instanceof Fault && error.kind === 'in_use') return false
      throw error
    }
  }

  return {
    isOurs: async (): Promise<boolean> => {
      if (secrets.databaseUrl === null) return tryToLock()
      const servers = await deps.store.secrets.listServers(SILENT_MS)
      return servers.length === 0 && (await takeWork(deps))
    },
    [Symbol.dispose]: () => lock?.[Symbol.dispose](),
  }
}

async function begin(deps: Deps, settings: Settings, next: Uint8Array, isAlone: boolean) {
  const { store, clock } = deps
  const nowMs = clock.nowMs()
  const state = toSecretState(await store.secrets.read())
  const secret = findMasterSecret(settings.secrets, settings.config.dataDir)
  if (secret === null) throw new Fault('not_found', 'The master secret is missing.')
  const former = deriveGeneration(secret, state.kept === null)
  const rotation = planRotation(state, former, deriveGeneration(next, false), {
    id: crypto.randomUUID(),
    startedAtMs: nowMs,
    // A server of a data directory reads the file beside it.
    isShared: !isAlone && findSecretDirectory(settings) === null,
  })
  const step = describeStep('begin', { ...rotation, check: state.check }, shellActor, nowMs)
  if (await store.secrets.begin(ROTATION, JSON.stringify(rotation), step)) return
  throw new Fault('in_use', 'Another licet secret rotate has just begun. Run it again.')
}

/** Does the work, or waits until the servers have done it. */
async function finish(
  deps: Deps,
  directory: string | null,
  isOurs: () => Promise<boolean>,
): Promise<void> {
  const onProgress = createReport()
  let isWaiting = false
  while (toSecretState(await deps.store.secrets.read()).rotation !== null) {
    if (await isOurs()) {
      const { signal } = new AbortController()
      const options = { actor: shellActor, directory, isShared: false, signal, onProgress }
      await continueRotation(deps, options)
    } else {
      if (!isWaiting)
        process.stderr.write(
          'A running server does the work. Waiting for it. If it is stopped, it goes on at its next start.\n',
        )
      isWaiting = true
      await sleep(WAIT_MS)
    }
  }
}

/** Returns a function that writes to standard error, at most once a second. */
function createReport() {
  let nextMs = performance.now() + REPORT_MS
  let total = 0
  return (_place: string, rows: number) => {
    total += rows
    if (performance.now() < nextMs) return
    nextMs = performance.now() + REPORT_MS
    process.stderr.write(`${total} values encrypted again\n`)
  }
}

function printResult(directory: string | null, nextCheck: string): void {
  printLine(`The master secret was replaced. Its fingerprint is ${formatFingerprint(nextCheck)}.`)
  if (directory === null) {
    printLine('From now on, servers and commands start only with the new one.')
    return
  }
  printLine(`The new one is in ${masterSecretPath(directory)}. The former one is kept beside it, in
master.secret.before-…: backups from before the rotation need it. Print a new recovery sheet.`)
}
