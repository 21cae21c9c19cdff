import type { Deps } from '~/deps.ts'
import { SECOND_MS } from '~/domain/times.ts'

/** A server whose database does not respond for this long may lose a job to another. */
const LEASE_MS = 60 * SECOND_MS
const RENEW_MS = LEASE_MS / 3

const RETRY_MS = 100

type LeaseDeps = Pick<Deps, 'store' | 'instanceId'>

/** Runs work that no other server may do at the same time. Waits while another one does it. */
export async function runAlone<Result>(
  { store: { isShared, leases }, instanceId: holder }: LeaseDeps,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isShared) return work()
  while (!(await leases.take({ name, holder, forMs: LEASE_MS }))) await Bun.sleep(RETRY_MS)
  try {
    return await work()
  } finally {
    await leases.release(name, holder)
  }
}

/** The right to run a job, which one server has at a time. */
export interface JobLease {
  /** Returns whether this server may run the job now. */
  take(): Promise<boolean>
  /** Takes the job over from another server, because an operator runs it here. */
  takeOver(): Promise<boolean>
  /** Keeps it during a round. Calls `onLost` if another server takes it over. Returns what ends this. */
  keep(onLost: () => void): () => void
}

/** Creates the lease of a job; null if only one server can use the database. */
export function createLease(
  { store, instanceId: holder, log }: LeaseDeps & Pick<Deps, 'log'>,
  name: string,
  renewMs = RENEW_MS,
): JobLease | null {
  if (!store.isShared) return null
  const lease = { name, holder, forMs: LEASE_MS }
  return {
    take: () => store.leases.take(lease),
    takeOver: async () => {
      await store.leases.takeOver(lease)
      return true
    },
    keep: (onLost) => {
      const renew = async (): Promise<void> => {
        try {
          if (!(await store.leases.take(lease))) onLost()
        } catch (error) {
          // Rounds fail by themselves if the database does not respond.
          log.warn({ err: error, job: name }, 'the lease of a job could not be extended')
        }
      }
      const timer = setInterval(() => void renew(), renewMs).unref()
      return () => clearInterval(timer)
    },
  }
}
