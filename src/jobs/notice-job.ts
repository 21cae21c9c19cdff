import { buildJobActor } from '~/domain/actors.ts'
import { buildOwnContext, type Decision } from '~/domain/decisions.ts'
import type { ExpirySnapshot } from '~/domain/expiry.ts'
import type { Job } from './job.ts'

/** Small, so that validations run between two batches however many licenses are due. */
const BATCH_MAX = 4

/** Builds a job that emits an event for each license whose expiration is due for a notice. */
export function buildNoticeJob(
  notice: 'expired' | 'expiring',
  decide: (snapshot: ExpirySnapshot, nowMs: number) => Decision<null>,
  facts: Omit<Job, 'run'>,
): Job {
  return {
    ...facts,
    async run({ store, clock }, signal) {
      let emitted = 0
      while (!signal.aborted) {
        const nowMs = clock.nowMs()
        const context = buildOwnContext(buildJobActor(facts.name), nowMs)
        const decideOne = (snapshot: ExpirySnapshot) => {
          const decision = decide(snapshot, nowMs)
          emitted += decision.events.length
          return decision
        }
        const { licenses } = store
        if ((await licenses.notifyExpirations(notice, BATCH_MAX, context, decideOne)) === 0) break
      }
      return emitted
    },
  }
}
