import type { Deps } from '~/deps.ts'
import { hasScope } from '~/domain/api-keys.ts'
import { requireScopesOf } from '~/domain/operators.ts'
import { getSessionScopes } from '~/domain/sessions.ts'
import { listPage } from '~/wire/pages.ts'
import { EndedSessions, EndSessionsQuery, presentSession, Session } from '~/wire/sessions.ts'
import { answers, noContent, pages } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

/** The browsers that are signed in. */
export const sessionListRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) => {
  const resource = { noun: 'session', present: presentSession, change: store.sessions.end }

  return routes('/sessions', 'Sessions')
    .get('', ({ query }) => listPage('sessions', query, presentSession, store.sessions.list), {
      scope: 'sessions:read',
      operationId: 'listSessions',
      ...pages(Session),
      summary: 'List sessions, newest first',
    })
    .delete(
      '',
      ({ query, command }) => {
        const { caller } = command
        const keptId = query.keep_own === 'true' ? caller.sessionId : undefined
        return command.run(
          { noun: 'session', present: (ended: number) => ({ ended }) },
          (context) =>
            store.sessions.endAll(
              context,
              (session) =>
                session.id !== keptId &&
                getSessionScopes(session).every((scope) => hasScope(caller, scope)),
            ),
        )
      },
      {
        scope: 'sessions:write',
        operationId: 'endSessions',
        query: EndSessionsQuery,
        ...answers(EndedSessions),
        summary: 'End all sessions',
        description:
          'Also your own, unless `keep_own` is true. Sessions with scopes that you lack are kept.',
      },
    )
    .delete(
      '/:id',
      ({ params, command }) =>
        command.delete(resource, params.id, (session) =>
          requireScopesOf({ scopes: getSessionScopes(session) }, command.caller),
        ),
      {
        scope: 'sessions:write',
        operationId: 'endSession',
        ...noContent(404),
        summary: 'End a session',
      },
    )
}
