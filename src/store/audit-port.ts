import type { AuditEntry, AuditFilter } from '~/domain/audit.ts'
import type { AuditChange } from '~/domain/audit-values.ts'
import type { EventDraft } from '~/domain/decisions.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { CommandContext } from './port.ts'

/** An action on an object, with the values to record; null if there are none. */
export interface RecordedAction {
  readonly action: string
  readonly subjectId: string
  readonly change: AuditChange | null
  /** Events about it that belong to no license. */
  readonly events?: readonly EventDraft[]
}

/** Every change with its actor. It is only appended to: see `domain/audit.ts`. */
export interface Audit {
  /** Lists the newest entries first, unless the filter has an `afterNumber`. */
  list(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>
  /** Appends an action that changes nothing else in the database, such as a backup. Returns `result`. */
  record<Result>(
    action: RecordedAction,
    result: Result,
    context: CommandContext<Result>,
  ): Promise<Result>
}
