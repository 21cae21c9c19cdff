import type { Deps } from '~/deps.ts'
import {
  buildOperator,
  decideOperatorUpdate,
  requireEnabled,
  requireLasting,
  requireScopesOf,
} from '~/domain/operators.ts'
import { toTimestamp } from '~/domain/times.ts'
import {
  CreateOperatorBody,
  Operator,
  parseOperatorUpdate,
  presentOperator,
  SetupLink,
  UpdateOperatorBody,
} from '~/wire/operators.ts'
import { listPage } from '~/wire/pages.ts'
import { answers, created, pages } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { type CreatedSetupLink, createSetupLink } from '../setup-links.ts'

type OperatorDeps = Pick<Deps, 'store' | 'vault' | 'config' | 'randomBytes' | 'createId'>

export const operatorRoutes = (deps: OperatorDeps, routes: ScopedRoutes) => {
  const { store } = deps
  const resource = { noun: 'operator', present: presentOperator, change: store.operators.change }

  return routes('/operators', 'Sessions')
    .get('', ({ query }) => listPage('operators', query, presentOperator, store.operators.list), {
      scope: 'operators:read',
      operationId: 'listOperators',
      ...pages(Operator),
      summary: 'List operators, newest first',
    })
    .post(
      '',
      ({ body: { name, scopes = ['*'] }, command }) => {
        requireLasting(command.caller)
        requireScopesOf({ scopes }, command.caller)
        const id = deps.createId('op')
        const operator = buildOperator({ id, name, scopes, createdAtMs: command.nowMs })
        return command.create(resource, (context) => store.operators.create(operator, context))
      },
      {
        scope: 'operators:write',
        operationId: 'createOperator',
        body: CreateOperatorBody,
        ...created(Operator, 409),
        summary: 'Create an operator',
        description:
          'By default with all scopes. You can grant only scopes that you have. To sign in, an ' +
          'operator needs a setup link. An API key that expires creates neither.',
      },
    )
    .put(
      '/:id',
      ({ params, body, command }) =>
        command.change(resource, params.id, (operator) =>
          decideOperatorUpdate(operator, command.caller, parseOperatorUpdate(body), command.nowMs),
        ),
      {
        scope: 'operators:write',
        operationId: 'updateOperator',
        body: UpdateOperatorBody,
        ...answers(Operator, 404, 409),
        summary: 'Rename, disable or enable an operator, or change the scopes',
        description:
          'Disabling an operator ends all sessions of the operator at once. Other scopes end setup ' +
          'links that were not used yet.',
      },
    )
    .post(
      '/:id/setup-link',
      async ({ params, command }) => {
        const operator = requireFound('operator', await store.operators.find(params.id))
        requireLasting(command.caller)
        requireScopesOf(operator, command.caller)
        requireEnabled(operator)
        return command.create(linkResource(deps.config.publicUrl), (context) =>
          createSetupLink(deps, operator.id, context),
        )
      },
      {
        scope: 'operators:write',
        operationId: 'createSetupLink',
        ...created(SetupLink, 404, 409),
        summary: 'Create a link that signs an operator in once',
        description:
          'Only this response contains the link, which works for 15 minutes. Without ' +
          '`LICET_PUBLIC_URL` it is only the path, to be put behind the address of the server.',
      },
    )
}

const linkResource = (publicUrl: string | null) => ({
  noun: 'operator',
  present: ({ path, expiresAtMs }: CreatedSetupLink) => ({
    url: `${publicUrl ?? ''}${path}`,
    expires_at: toTimestamp(expiresAtMs),
  }),
  redact: (shown: SetupLink) => ({ ...shown, url: null }),
})
