import type { Static } from '@sinclair/typebox'
import type { Deps } from '~/deps.ts'
import type { AuditFilter } from '~/domain/audit.ts'
import { parseTimestamp, SECOND_MS } from '~/domain/times.ts'
import { AuditEntry, ListAuditQuery, presentAuditEntry } from '~/wire/audit.ts'
import { listPage } from '~/wire/pages.ts'
import { pages } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

export const auditRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) =>
  routes('', 'Audit').get(
    '/audit',
    ({ query }) =>
      listPage('audit', query, presentAuditEntry, (page) =>
        store.audit.list(parseFilter(query), page),
      ),
    {
      scope: 'audit:read',
      operationId: 'listAuditEntries',
      ...pages(AuditEntry),
      query: ListAuditQuery,
      summary: 'List the changes with their actors, newest first',
      description:
        'Has every change by API keys, operators, commands, shops and jobs, but not the calls of apps. With `after`, lists the entries that followed that one, oldest first.',
    },
  )

function parseFilter(query: Static<typeof ListAuditQuery>): AuditFilter {
  const { subject_id: subjectId, actor, action, after, from, to } = query
  return {
    ...(subjectId !== undefined && { subjectId }),
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(after !== undefined && { afterNumber: Number(after) }),
    ...(from !== undefined && { fromMs: parseTimestamp(from, '?from') }),
    // Times are shown in whole seconds, so the whole last second is included.
    ...(to !== undefined && { toMs: parseTimestamp(to, '?to') + SECOND_MS - 1 }),
  }
}
