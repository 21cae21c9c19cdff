import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import type { RecordedAction } from '~/store/audit-port.ts'
import type { CommandContext } from '~/store/port.ts'
import type { Call } from './idempotency.ts'
import { contextOf } from './runs.ts'

/** Creates the functions with which a request that changes nothing in the database is audited. */
export function createRecording({ store, log }: Pick<Deps, 'store' | 'log'>, call: Call) {
  return {
    /** Records what must not happen without a record, such as an export, before it happens. */
    recordBefore: (action: RecordedAction) =>
      store.audit.record(action, null, contextOf(call, null)),

    /**
     * Records what has happened already, with the response to its result. If the database cannot be
     * written, the log has it instead, because a backup is needed most then.
     */
    recordAfter: async <Result>(
      action: RecordedAction,
      result: Result,
      context: CommandContext<Result> = contextOf(call, null),
    ): Promise<Result> => {
      try {
        return await store.audit.record(action, result, context)
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        log.warn({ ...action, actor: call.caller.actor, err: error }, 'the audit lacks an action')
        return result
      }
    },
  }
}
