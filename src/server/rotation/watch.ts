import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '~/deps.ts'
import { buildJobActor } from '~/domain/actors.ts'
import { continueRotation, releaseWork, takeWork } from './rotation.ts'
import { adoptSecrets, formatSeen, seenRow, toSecretState } from './state.ts'

/** How soon a server notices a rotation, and each stage of it. */
const LOOK_MS = 500
/** After a failure, such as of a full disk. */
const RETRY_MS = 5000

const actor = buildJobActor('rotate-secret')

export type WatchDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'log' | 'instanceId'>

/**
 * Looks regularly whether the master secret is being replaced. Then this server learns the next one, and
 * one of the servers does the work. Calls `onReplaced` if it has missed the whole rotation.
 */
export function startSecretWatch(
  deps: WatchDeps,
  directory: string | null,
  onReplaced: (error: unknown) => void,
) {
  const { store, vault, log } = deps
  const stop = new AbortController()
  let looking: Promise<void> | null = null
  let working: Promise<void> | null = null

  async function work(): Promise<void> {
    if (!(await takeWork(deps))) return
    log.info('the master secret is being replaced')
    const { signal } = stop
    const onProgress = () => undefined
    await continueRotation(deps, { actor, directory, isShared: true, signal, onProgress })
    await releaseWork(deps)
  }

  async function look(): Promise<void> {
    const rows = await store.secrets.read()
    const { check, rotation } = toSecretState(rows)
    if (rotation === null && check === vault.getCheck() && vault.getConversion() === null) return
    try {
      await acknowledge(deps, directory)
    } catch (error) {
      onReplaced(error)
      return
    }
    if (rotation === null) return
    working ??= work()
      .catch(async (error: unknown) => {
        log.error({ err: error }, 'the master secret is not replaced yet')
        await sleep(RETRY_MS, undefined, { signal: stop.signal }).catch(() => undefined)
      })
      .finally(() => {
        working = null
      })
  }

  const timer = setInterval(() => {
    looking ??= look()
      .catch((error: unknown) => {
        log.debug({ err: error }, 'the state of the master secret could not be read')
      })
      .finally(() => {
        looking = null
      })
  }, LOOK_MS).unref()

  return {
    stop: async () => {
      clearInterval(timer)
      stop.abort()
      await looking
      await working
    },
  }
}

/** Uses the keys of the database, and says which stage of a rotation this server knows. */
export async function acknowledge(
  { store, vault, instanceId }: Pick<WatchDeps, 'store' | 'vault' | 'instanceId'>,
  directory: string | null,
): Promise<void> {
  const rows = await store.secrets.read()
  const { rotation } = adoptSecrets(vault, rows, directory)
  if (rotation === null || rows.get(seenRow(instanceId)) === formatSeen(rotation)) return
  await store.secrets.write({ [seenRow(instanceId)]: formatSeen(rotation) })
}
