import type { JobRun, JobStatus } from '~/domain/jobs.ts'

/** The jobs of this server. */
export interface Jobs {
  list(): readonly JobStatus[]
  /**
   * Runs a round now, and resolves when it has ended, successful or not. Returns null for an unknown
   * name. Throws `in_use` if the job is running, and `unavailable` if the server starts or stops.
   */
  run(name: string): Promise<JobRun | null>
}
