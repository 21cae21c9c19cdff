import type { Deps } from '~/deps.ts'
import type { Activation as DomainActivation } from '~/domain/activations.ts'
import { Fault } from '~/domain/faults.ts'
import { getActivationValue, parseHostname } from '~/domain/hostnames.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { decideMove, decideRemoval } from '~/domain/slots.ts'
import type { Changed, CommandContext } from '~/store/port.ts'
import { Activation, MoveBody, parseTargetValue, presentActivation } from '~/wire/activations.ts'
import { listPage } from '~/wire/pages.ts'
import { answers, pages } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

type ActivationDeps = Pick<Deps, 'store' | 'createId'>

const resource = {
  noun: 'license',
  present: ({ result }: Changed<DomainActivation>) => presentActivation(result),
}

export const activationRoutes = (deps: ActivationDeps, routes: ScopedRoutes) => {
  const { store } = deps

  return routes('/licenses/:id/activations', 'Activations')
    .get(
      '',
      ({ params: { id }, query }) =>
        listPage(`activations of ${id}`, query, presentActivation, async (page) => {
          requireFound('license', await store.licenses.find(id))
          return store.activations.list(id, page)
        }),
      {
        scope: 'licenses:read',
        operationId: 'listLicenseActivations',
        ...pages(Activation, 404),
        summary: 'List the activations of a license, newest first',
      },
    )
    .delete(
      '/:activation_id',
      ({ params, command, requireVersion }) =>
        command.run(resource, (context) => {
          const query = { intent: 'remove', activationId: params.activation_id } as const
          return store.licenses.change(params.id, query, context, (state) => {
            requireVersion(state.license)
            return decideRemoval(state)
          })
        }),
      {
        scope: 'licenses:write',
        ifMatch: true,
        operationId: 'deleteLicenseActivation',
        ...answers(Activation, 404, 409, 412),
        summary: 'Deactivate a domain or device of a license',
        description:
          'Deactivating the last activated host of a registrable domain also removes its free hosts.',
      },
    )
    .post(
      '/move',
      ({ params, body, command }) =>
        command.run(resource, (context) => moveActivation(deps, params.id, body, context)),
      {
        scope: 'licenses:write',
        operationId: 'moveLicenseActivation',
        body: MoveBody,
        ...answers(Activation, 404, 409),
        summary: 'Move an activation to another domain or device in one step',
      },
    )
}

async function moveActivation(
  { store, createId }: ActivationDeps,
  licenseId: string,
  { from, to }: MoveBody,
  context: CommandContext<Changed<DomainActivation>>,
): Promise<Changed<DomainActivation> | null> {
  const record = await store.licenses.find(licenseId)
  if (record === null) return null
  const activation = await store.activations.find(licenseId, possibleNames(record, from))
  if (activation === null) throw new Fault('not_found', 'No such activation on this license.')
  const target = parseTargetValue(activation.kind, to)
  const query = { intent: 'move', activationId: activation.id, target } as const
  const newcomer = { id: createId('act'), name: null, country: null, nowMs: context.nowMs }
  return store.licenses.change(licenseId, query, context, (state) =>
    decideMove(state, target, newcomer),
  )
}

/** Returns what the string may be: an id, a fingerprint, or a domain in its normal form. */
export function possibleNames({ plan }: LicenseSnapshot, text: string): string[] {
  const hostname = parseHostname(text)
  if (hostname === null) return [text]
  return [text, hostname.host, getActivationValue(hostname, plan.domainMatch)]
}
