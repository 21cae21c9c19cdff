/** One round of a job. */
export interface JobRun {
  readonly startedAtMs: number
  readonly durationMs: number
  /** The number of items, until it failed. */
  readonly processed: number
  /** Why it failed, in one sentence; null if it has not. */
  readonly error: string | null
}

/** A job of a server that is running. */
export interface JobStatus {
  readonly name: string
  readonly description: string
  /** A cron pattern of six fields, seconds first. */
  readonly pattern: string
  readonly isRunning: boolean
  /** Null if it has not run since the server has started. */
  readonly lastRun: JobRun | null
}
