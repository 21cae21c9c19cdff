import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '~/deps.ts'
import type { Actor } from '~/domain/actors.ts'
import { dropSteps } from '~/platform/kept-keys.ts'
import type { Conversion, Rotation } from '~/platform/secret-state.ts'
import { removeNextSecret, replaceMasterSecret } from '~/platform/secrets.ts'
import type { Vault } from '~/platform/vault.ts'
import type { Lease } from '~/store/nodes-port.ts'
import type { SealedChange, SealedPlace, SealedRow } from '~/store/secrets-port.ts'
import {
  KEPT,
  PREFIX,
  RETIRED,
  type RetiredSecret,
  ROTATION,
  SECRET_CHECK,
  SEEN,
} from '~/store/shared/secret-check.ts'
import { places } from './convert.ts'
import { adoptSecrets, describeStep, formatSeen } from './state.ts'
import { createWaitLog } from './wait-log.ts'

/** Few, so that a transaction takes some milliseconds, and no other write waits longer. */
const BATCH_ROWS = 100
/** Former secrets that are refused by name. */
const RETIRED_MAX = 20
/** A server that was silent for this long has ended. */
const SILENT_MS = 30_000
const WAIT_MS = 100
/** Soon after a server has died, another one goes on. If both work, neither does any harm. */
const LEASE_MS = 2000

export interface RotationDeps extends Pick<Deps, 'store' | 'clock' | 'log' | 'instanceId'> {
  readonly vault: Vault
}

export interface RotationOptions {
  /** The process that does the work, for the audit. */
  readonly actor: Actor
  /** The directory whose `master.secret` is replaced; null if the secret comes from elsewhere. */
  readonly directory: string | null
  /** Whether others use the database, so that it rests as long as it works. */
  readonly isShared: boolean
  readonly signal: AbortSignal
  readonly onProgress: (place: SealedPlace, rows: number) => void
}

/**
 * Brings a rotation to its end, from wherever it was stopped: each step is safe to repeat. Returns once no
 * rotation is under way, `signal` is aborted, or another server has taken over.
 */
export async function continueRotation(
  deps: RotationDeps,
  options: RotationOptions,
): Promise<void> {
  const { store, vault, log } = deps
  const logWait = createWaitLog(log)
  while (await mayWork(deps, options)) {
    const rows = await store.secrets.read()
    const { rotation } = adoptSecrets(vault, rows, options.directory)
    if (rotation === null) return
    const servers = await listUnaware(deps, rotation)
    if (servers.length > 0) {
      await logWait('the rotation waits until these servers know of it', async () => ({ servers }))
      await sleep(WAIT_MS)
    } else if (rotation.stage === 'announced') {
      await writeRotation(deps, { ...rotation, stage: 'converting' })
    } else if (await convertAll(deps, rotation, options)) await finish(deps, rotation, options)
  }
}

/** Whether this process is the one that does the work. It has to be asked for every now and then. */
async function mayWork(deps: RotationDeps, { signal }: Pick<RotationOptions, 'signal'>) {
  return !signal.aborted && (await takeWork(deps))
}

/** Returns false while another server of the database does the work. */
export async function takeWork({ store, instanceId }: Pick<RotationDeps, 'store' | 'instanceId'>) {
  return !store.isShared || (await store.leases.take(buildLease(instanceId)))
}

/** Lets another server do the work. */
export async function releaseWork({
  store,
  instanceId,
}: Pick<RotationDeps, 'store' | 'instanceId'>) {
  if (store.isShared) await store.leases.release(buildLease(instanceId).name, instanceId)
}

const buildLease = (holder: string): Lease => ({ name: 'rotate-secret', holder, forMs: LEASE_MS })

const writeRotation = ({ store }: RotationDeps, rotation: Rotation) =>
  store.secrets.write({ [ROTATION]: JSON.stringify(rotation) })

/** Lists the servers that do not know the stage, and so may write under an earlier one. */
async function listUnaware({ store }: RotationDeps, rotation: Rotation) {
  const servers = await store.secrets.listServers(SILENT_MS)
  const rows = await store.secrets.read()
  return servers.filter((id) => rows.get(`${SEEN}${id}`) !== formatSeen(rotation))
}

/** Returns whether it has come to the end. */
async function convertAll(
  deps: RotationDeps,
  rotation: Rotation,
  options: RotationOptions,
): Promise<boolean> {
  const conversion = deps.vault.getConversion()
  if (conversion === null) return false
  // From here on, the database refuses what a process writes that has missed the rotation.
  await deps.store.secrets.write({ [PREFIX]: conversion.next.prefix })
  if (!(await outwaitWrites(deps, options))) return false
  const state = { keepsSteps: rotation.keepsSteps }
  for (const place of places.keys()) {
    if (!(await convertPlace(deps, conversion, place, state, options))) return false
  }
  return true
}

/**
 * Waits for the transactions that had begun before: they may still write under the former secret. Returns
 * whether they have ended.
 */
async function outwaitWrites(deps: RotationDeps, options: RotationOptions): Promise<boolean> {
  const { secrets } = deps.store
  const logWait = createWaitLog(deps.log)
  const describe = async () => ({ oldest: await secrets.findOldestTransaction() })
  const { next } = await secrets.readTransactions()
  while ((await secrets.readTransactions()).ended < next) {
    if (!(await mayWork(deps, options))) return false
    await logWait('the rotation waits for a transaction that began earlier to end', describe)
    await sleep(WAIT_MS)
  }
  return true
}

async function convertPlace(
  deps: RotationDeps,
  conversion: Conversion,
  place: SealedPlace,
  state: { keepsSteps: boolean },
  options: RotationOptions,
): Promise<boolean> {
  const { secrets } = deps.store
  let after: string | null = null
  for (;;) {
    const startedAtMs = performance.now()
    const rows: readonly SealedRow[] = await secrets.list(place, after, BATCH_ROWS)
    const { changes, isWrapped } = convertRows(deps, conversion, place, rows)
    if (isWrapped && !state.keepsSteps) {
      state.keepsSteps = true
      await writeRotation(deps, { ...conversion.rotation, keepsSteps: true })
    }
    if (changes.length > 0) await secrets.replace(place, changes)
    options.onProgress(place, changes.length)
    after = rows.at(-1)?.id ?? null
    if (!(await mayWork(deps, options))) return false
    if (rows.length < BATCH_ROWS) return true
    if (options.isShared) await sleep(performance.now() - startedAtMs)
  }
}

function convertRows(
  { log }: RotationDeps,
  conversion: Conversion,
  place: SealedPlace,
  rows: readonly SealedRow[],
) {
  const convert = places.get(place)
  const changes: SealedChange[] = []
  let isWrapped = false
  for (const was of rows) {
    try {
      const converted = convert?.(was, conversion) ?? null
      if (converted === null) continue
      changes.push({ was, now: converted.row })
      isWrapped ||= converted.isWrapped
    } catch {
      // It could not be opened before either. All others go on.
      log.error({ place, id: was.id }, 'this cannot be decrypted, and is left as it is')
    }
  }
  return { changes, isWrapped }
}

/** Puts the next secret in its place, and makes it the only one. */
async function finish(
  deps: RotationDeps,
  rotation: Rotation,
  { directory, actor }: RotationOptions,
): Promise<void> {
  const { store, vault, clock, log } = deps
  const conversion = vault.getConversion()
  if (conversion === null) return
  const { former, next } = conversion
  const rows = await store.secrets.read()
  const { id, keepsSteps } = JSON.parse(rows.get(ROTATION) ?? '{}')
  if (id !== rotation.id) return
  const isKept = keepsSteps || (await store.secrets.hasFormerKeys())
  const retired: readonly RetiredSecret[] = JSON.parse(rows.get(RETIRED) ?? '[]')
  const nowMs = clock.nowMs()
  const now = { check: former.check, atMs: nowMs }
  const seen = [...rows.keys()].filter((name) => name.startsWith(SEEN))
  // Before the database refuses the former one.
  if (directory !== null) {
    replaceMasterSecret(directory, former.masterSecret, next.masterSecret, rotation.startedAtMs)
  }
  const written = {
    [SECRET_CHECK]: next.check,
    [KEPT]: isKept ? rotation.keptSealed : dropSteps(next, rotation.keptSealed),
    [RETIRED]: JSON.stringify([now, ...retired].slice(0, RETIRED_MAX)),
    [ROTATION]: null,
    ...Object.fromEntries(seen.map((name) => [name, null])),
  }
  const step = { id, check: former.check, nextCheck: next.check }
  await store.secrets.write(written, describeStep('finish', step, actor, nowMs))
  if (directory !== null) removeNextSecret(directory)
  // Otherwise the log of a file has the former values for some time.
  await store.maintenance.truncateLog().catch((error: unknown) => {
    log.warn({ err: error }, 'the write-ahead log still has values under the former master secret')
  })
  log.info({ rotation: rotation.id }, 'the master secret was replaced')
}
