import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { Activation as Granted } from '~/domain/activations.ts'
import { bindTarget } from '~/domain/offline.ts'
import { decideActivation, decideDeactivation } from '~/domain/slots.ts'
import {
  ActivateBody,
  ActivateResponse,
  Activation,
  DeactivateBody,
  parseTarget,
  presentActivation,
} from '~/wire/activations.ts'
import { parseDeviceName, parseRequirements } from '~/wire/fields.ts'
import { clientAnswers } from '../answers.ts'
import { openOptions } from '../plugins/route-options.ts'
import { createClientCommand } from './client-command.ts'
import { type ClientParts, createCall } from './find-license.ts'

type ActivationDeps = Pick<Deps, 'store' | 'signer' | 'vault' | 'clock' | 'createId'>

/** Activations of domains and devices, which apps create and delete. */
export const clientActivationRoutes = (deps: ActivationDeps, parts: ClientParts) => {
  const { store, createId } = deps
  const runCommand = createClientCommand(deps, parts)

  return new Elysia({ tags: ['Activations'] })
    .macro(openOptions)
    .derive(createCall(deps))
    .post(
      '/activate',
      async ({ body, call }) => {
        const { request, nowMs } = call
        const target = parseTarget(body)
        const name = parseDeviceName(body)
        const newcomer = { id: createId('act'), name, country: parts.countryOf(request), nowMs }
        const { granted, signed } = await runCommand<Granted>(call, {
          key: body.key,
          query: { intent: 'activate', target },
          decide: (state) => decideActivation(state, target, newcomer),
          terms: parseRequirements(body),
          signing: { ...body, bind: (found, plan) => bindTarget(target, found, plan) },
        })
        store.activations.recordSeen(granted, nowMs)
        return { ...presentActivation(granted), ...signed }
      },
      {
        credential: 'license key',
        operationId: 'activate',
        body: ActivateBody,
        ...clientAnswers(ActivateResponse, 403, 404, 409),
        summary: 'Activate a domain or device',
        description:
          'Activating again returns the same activation. An activation that takes no slot has ' +
          '`free: true`. With `lease: true` or a `nonce`, the response, or the problem, contains `signed`.',
      },
    )
    .post(
      '/deactivate',
      async ({ body, call }) => {
        const { nowMs } = call
        const target = parseTarget(body)
        const { granted } = await runCommand<Granted>(call, {
          key: body.key,
          query: { intent: 'deactivate', target, nowMs },
          decide: (state) => decideDeactivation(state, target, nowMs),
        })
        return presentActivation(granted)
      },
      {
        credential: 'license key',
        operationId: 'deactivate',
        body: DeactivateBody,
        ...clientAnswers(Activation, 403, 404, 409),
        summary: 'Deactivate a domain or device',
        description:
          'Deactivating the last activated host of a registrable domain also removes its free hosts.',
      },
    )
}
