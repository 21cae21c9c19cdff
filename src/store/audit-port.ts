import type { AuditEntry, AuditFilter } from '~/domain/audit.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'

/** Every change with its actor. It is only appended to: see `domain/audit.ts`. */
export interface Audit {
  /** Lists the newest entries first, unless the filter has an `afterNumber`. */
  list(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>
}
