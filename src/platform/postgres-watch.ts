import type { SQL } from 'bun'
import { CONNECTIONS_MAX, openPool, type Pool, type PoolOptions } from './postgres.ts'

/** A machine that has vanished closes no connection, so statements would wait for it for many minutes. */
const PROBE_MS = 1000
/** Probes are counted, not timed: a process that was busy has not waited. */
const UNANSWERED_MAX = 5

/**
 * Opens a pool, one of whose connections asks the database every second whether it is there. After five
 * seconds without any response, all connections are closed and opened anew: the statements that waited
 * fail with ERR_POSTGRES_CONNECTION_CLOSED.
 */
export function openWatchedPool({
  connectionsMax = CONNECTIONS_MAX,
  ...options
}: PoolOptions): Pool {
  const open = () => openPool({ ...options, connectionsMax: Math.max(1, connectionsMax - 1) })
  const openProbe = () => openPool({ ...options, connectionsMax: 1 })
  let [pool, probe] = [open(), openProbe()]
  let isWaiting = false
  let unanswered = 0

  function ask(): void {
    isWaiting = true
    const asked = probe
    const end = () => {
      if (asked === probe) isWaiting = false
    }
    probe.unsafe('SELECT 1').then(end, end)
  }

  function openAnew(): void {
    const former = [pool, probe]
    pool = open()
    probe = openProbe()
    isWaiting = false
    // Not awaited: it may hang, and nothing waits for these connections any more.
    for (const one of former) void one.close({ timeout: 0 }).catch(() => undefined)
  }

  const timer = setInterval(() => {
    unanswered = isWaiting ? unanswered + 1 : 0
    if (unanswered >= UNANSWERED_MAX) openAnew()
    if (!isWaiting) ask()
  }, PROBE_MS).unref()

  return {
    unsafe: ((...args: Parameters<SQL['unsafe']>) => pool.unsafe(...args)) as SQL['unsafe'],
    begin: ((work: Parameters<SQL['begin']>[1]) => pool.begin(work as never)) as SQL['begin'],
    reserve: () => pool.reserve(),
    close: async (closing) => {
      clearInterval(timer)
      await Promise.all([pool.close(closing), probe.close({ timeout: 0 })])
    },
  }
}
