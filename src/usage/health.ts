import type { Degradation } from '~/domain/degradations.ts'
import { Fault } from '~/domain/faults.ts'
import { listSetAside, type SetAside } from './set-aside.ts'
import { unavailable } from './unavailable.ts'

/** No reader waits longer for a place that cannot be used. */
const WAIT_MAX_MS = 2000
/** A large query or a large batch may take this long on a busy machine. Then the place hangs. */
const WORK_MAX_MS = 15_000

export type Health = ReturnType<typeof createHealth>

/** Where usage is stored. */
export interface UsagePlace {
  readonly name: 'file' | 'database'
  /** Returns the detail of the degradation while it cannot be used. */
  readonly describeFailure: (failure: string) => string
}

/** Knows whether usage can be written. */
export function createHealth(place: UsagePlace, onError: (error: unknown) => void) {
  let failure: string | null = null

  /** Reports the first error, not each attempt after it. */
  function fail(error: unknown): void {
    if (failure === null) onError(error)
    failure = String(error instanceof Fault ? error.cause : error)
  }

  /** Calls `onHang` once the place cannot be used, or does not respond. Returns how to stop that. */
  function watchTime(onHang: (fault: Fault) => void): () => void {
    const hang = () => {
      const fault = unavailable(`the ${place.name} does not respond`)
      fail(fault)
      onHang(fault)
    }
    const moreMs = WORK_MAX_MS - WAIT_MAX_MS
    let timer = setTimeout(() => {
      if (failure !== null) hang()
      else timer = setTimeout(hang, moreMs)
    }, WAIT_MAX_MS)
    return () => clearTimeout(timer)
  }

  return {
    fail,
    /** Returns the result of an attempt to use the place, and remembers whether it failed or hangs. */
    watch: async <Result>(attempt: Promise<Result>): Promise<Result> => {
      const stop = watchTime(() => undefined)
      try {
        const result = await attempt
        failure = null
        return result
      } catch (error) {
        fail(error)
        throw error
      } finally {
        stop()
      }
    },
    isWritable: () => failure === null,
    /** Rejects with a Fault if the place does not respond in time. The call itself goes on. */
    limitWait: async <Result>(call: Promise<Result>): Promise<Result> => {
      const { promise: deadline, reject } = Promise.withResolvers<never>()
      const stop = watchTime(reject)
      try {
        return await Promise.race([call, deadline])
      } finally {
        stop()
      }
    },
    listDegradations: (): readonly Degradation[] =>
      failure === null
        ? []
        : [{ reason: 'usage_unavailable', detail: place.describeFailure(failure) }],
  }
}

/** Knows whether the usage file of a directory can be written, and which files were set aside. */
export function createFileHealth(directory: string, onError: (error: unknown) => void) {
  const health = createHealth({ name: 'file', describeFailure }, onError)
  return {
    ...health,
    reportSetAside: (setAside: SetAside | null) => {
      if (setAside === null) return
      onError(new Error(`${describeSetAside(setAside.path)} The reason: ${setAside.reason}.`))
    },
    listDegradations: (): readonly Degradation[] => [
      ...health.listDegradations(),
      ...listSetAside(directory).map(toDegradation),
    ],
  }
}

const describeFailure = (failure: string) =>
  `The usage file cannot be used at the moment (${failure}), so validations are kept in memory. Check the disk, and who may write to the data directory.`

const toDegradation = (path: string): Degradation => ({
  reason: 'usage_set_aside',
  detail: `${describeSetAside(path)} Once you have seen this, move it out of the data directory.`,
})

/** Says what happened to a usage file that could not be used. */
export const describeSetAside = (path: string) =>
  `The usage file could not be used, so it was moved to ${path}, and a new one was started.`
