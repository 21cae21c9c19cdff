import type { Deps } from '~/deps.ts'
import { SECOND_MS } from '~/domain/times.ts'

const BEAT_MS = 5 * SECOND_MS
/** A server that is silent for this long has ended. The others notice it within 30 seconds, and take over its claims. */
const SILENT_MS = 25 * SECOND_MS

type HeartbeatDeps = Pick<Deps, 'store' | 'instanceId' | 'log'>

/**
 * Records that this server is alive, and releases what servers that have ended had claimed. If only one
 * server can use the database, these are all others, however recently they were alive.
 */
export async function beat({ store, instanceId }: HeartbeatDeps): Promise<void> {
  await store.nodes.beat(instanceId)
  await store.nodes.endSilent(instanceId, store.isShared ? SILENT_MS : 0)
}

/**
 * Beats now and then regularly; if only one server can use the database, only until the first success.
 * A database that cannot be written does not keep the server from starting.
 */
export async function startHeartbeat(deps: HeartbeatDeps) {
  const { store, instanceId, log } = deps
  let beating: Promise<void> | null = null
  let isFailing = false

  async function tryToBeat(): Promise<void> {
    try {
      await beat(deps)
      isFailing = false
      if (!store.isShared) clearInterval(timer)
    } catch (error) {
      // Logged once, because it is tried again every few seconds.
      if (!isFailing) log.error({ err: error }, 'the heartbeat of this server is not recorded')
      isFailing = true
    }
    beating = null
  }

  const timer = setInterval(() => {
    beating ??= tryToBeat()
  }, BEAT_MS).unref()
  beating = tryToBeat()
  await beating
  return {
    /** Releases everything that this server holds. */
    stop: async () => {
      clearInterval(timer)
      await beating
      await store.nodes.end(instanceId).catch((error: unknown) => {
        log.error({ err: error }, 'claims were not released')
      })
    },
  }
}
