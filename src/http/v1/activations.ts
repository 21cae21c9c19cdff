import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import { ActivateBody, Activation, DeactivateBody, MoveBody } from '~/contract/activations.ts'
import { PageQuery, pageOf } from '~/contract/pages.ts'
import { problems } from '~/contract/problems.ts'
import type { Deps } from '~/deps.ts'
import type { Probe, Activation as Slot } from '~/domain/activations.ts'
import { Fault } from '~/domain/faults.ts'
import { activationValueOf, parseHostname } from '~/domain/hostnames.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import {
  DEACTIVATION_WINDOW_MS,
  decideActivation,
  decideDeactivation,
  decideMove,
  decideRemoval,
  type Target,
} from '~/domain/slots.ts'
import { type Refusal, toFault } from '~/domain/verdicts.ts'
import { readPageRequest, toPageView } from '../pages.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { requestState } from '../plugins/requests.ts'
import { type AppParts, createFindPresented } from '../presented-keys.ts'
import { toActivationView } from '../views.ts'

const tags = ['Activations']
const appProblems = problems(400, 403, 404, 409, 413, 415, 422, 429)

type ActivationDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId'>

/** What apps do with their own slots; the license key is the credential. */
export const activationAppRoutes = (deps: ActivationDeps, parts: AppParts) => {
  const { store, clock, createId } = deps
  const findPresented = createFindPresented(deps, parts)

  return new Elysia()
    .post(
      '/activate',
      async ({ body, request, server }) => {
        const nowMs = clock.nowMs()
        const target = readTarget(body)
        const snapshot = granted(await findPresented({ key: body.key, request, server, nowMs }))
        const newcomer = { id: createId('act'), name: body.name ?? null, country: null, nowMs }
        const context = appContext(request, nowMs)
        const changed = await store.changeLicense(
          snapshot.license.id,
          probeFor(target),
          context,
          (subject) => decideActivation(subject, target, newcomer),
        )
        assert(changed !== null, 'licenses are never deleted')
        return toActivationView(granted(changed.result))
      },
      {
        body: ActivateBody,
        response: { 200: Activation, ...appProblems },
        detail: {
          tags,
          summary: 'Activate a domain or device',
          description: 'Activating again answers the same activation.',
          security: [],
        },
      },
    )
    .post(
      '/deactivate',
      async ({ body, request, server }) => {
        const nowMs = clock.nowMs()
        const target = readTarget(body)
        const snapshot = granted(await findPresented({ key: body.key, request, server, nowMs }))
        const probe = {
          ...probeFor(target),
          deactivationsSinceMs: nowMs - DEACTIVATION_WINDOW_MS,
        }
        const context = appContext(request, nowMs)
        const changed = await store.changeLicense(snapshot.license.id, probe, context, (subject) =>
          decideDeactivation(subject, target, nowMs),
        )
        assert(changed !== null, 'licenses are never deleted')
        return toActivationView(granted(changed.result))
      },
      {
        body: DeactivateBody,
        response: { 200: Activation, ...appProblems },
        detail: { tags, summary: 'Free the slot of a domain or device', security: [] },
      },
    )
}

/** What the vendor does with a license's slots. */
export const activationRoutes = (
  { store, createId }: Pick<Deps, 'store' | 'createId'>,
  commands: CommandsPlugin,
) =>
  new Elysia({ prefix: '/licenses/:id/activations' })
    .use(commands)
    .get(
      '',
      async ({ params, query }) => {
        const list = `activations of ${params.id}`
        const request = readPageRequest(list, query)
        const license = await store.findLicense(params.id)
        if (license === null) throw new Fault('not_found', 'No such license.')
        const page = await store.listActivations(params.id, request)
        return toPageView(list, query, page, toActivationView)
      },
      {
        scope: 'licenses:read',
        query: PageQuery,
        response: { 200: pageOf(Activation), ...problems(400, 401, 403, 404, 422) },
        detail: { tags, summary: 'List the domains and devices of a license, newest first' },
      },
    )
    .delete(
      '/:activation_id',
      ({ params, command }) => {
        const answering = { status: 200, noun: 'activation', view: toActivationView } as const
        return command.answer(answering, async (context) => {
          const probe = { activationId: params.activation_id }
          const changed = await store.changeLicense(
            params.id,
            probe,
            { ...context, idempotency: null },
            decideRemoval,
          )
          return changed?.result ?? null
        })
      },
      {
        scope: 'licenses:write',
        response: { 200: Activation, ...problems(401, 403, 404) },
        detail: { tags, summary: 'Free a slot of a license' },
      },
    )
    .post(
      '/move',
      async ({ params, body, command }) => {
        const record = await store.findLicense(params.id)
        if (record === null) throw new Fault('not_found', 'No such license.')
        const from = await store.findActivation(params.id, namesOf(record, body.from))
        if (from === null) throw new Fault('not_found', 'No such activation on this license.')
        const target = readTarget(
          from.kind === 'domain' ? { domain: body.to } : { fingerprint: body.to },
        )
        const probe = { ...probeFor(target), activationId: from.id }
        const { nowMs } = command
        const newcomer = { id: createId('act'), name: null, country: null, nowMs }
        const view = ({ result }: { readonly result: Slot | null }) => {
          if (result === null) throw new Fault('not_found', 'No such activation on this license.')
          return toActivationView(result)
        }
        return command.answer({ status: 200, noun: 'license', view }, (context) =>
          store.changeLicense(params.id, probe, context, (subject) =>
            decideMove(subject, target, newcomer),
          ),
        )
      },
      {
        scope: 'licenses:write',
        body: MoveBody,
        response: { 200: Activation, ...problems(400, 401, 403, 404, 409, 413, 415, 422) },
        detail: {
          tags,
          summary: 'Move an activation to another domain or device, in one step',
        },
      },
    )

function readTarget(body: { readonly domain?: string; readonly fingerprint?: string }): Target {
  const { domain, fingerprint } = body
  if (domain !== undefined && fingerprint === undefined) {
    return { kind: 'domain', hostname: parseHostname(domain) }
  }
  if (fingerprint !== undefined && domain === undefined) return { kind: 'device', fingerprint }
  throw new Fault('validation_failed', 'Give either a domain or a fingerprint.')
}

function probeFor(target: Target): Probe {
  return target.kind === 'domain'
    ? { hostname: target.hostname }
    : { fingerprint: target.fingerprint }
}

/** The names an activation may be called by: as given, or as a host name is recorded. */
function namesOf({ plan }: LicenseSnapshot, text: string): string[] {
  const hostname = parseHostname(text)
  if (hostname === null) return [text]
  return [text, hostname.host, activationValueOf(hostname, plan.domainMatch)]
}

/** Throws the problem that a refusal is on these routes. */
export function granted<Granted extends object>(outcome: Granted | Refusal): Granted {
  if ('valid' in outcome && outcome.valid === false) throw toFault(outcome)
  return outcome as Granted
}

export function appContext(request: Request, nowMs: number) {
  return { actor: 'app', requestId: requestState(request).id, nowMs, idempotency: null }
}
