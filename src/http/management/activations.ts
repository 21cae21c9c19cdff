import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { Activation as Slot, Target } from '~/domain/activations.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { getActivationValue, parseHostname } from '~/domain/hostnames.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { decideActivation, decideDeactivation, decideMove, decideRemoval } from '~/domain/slots.ts'
import type { Changed } from '~/store/port.ts'
import {
  ActivateBody,
  Activation,
  DeactivateBody,
  MoveBody,
  presentActivation,
} from '~/wire/activations.ts'
import { PageQuery, pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { problems } from '~/wire/problems.ts'
import { createClientCommand } from '../client/decide-then-commit.ts'
import type { ClientParts } from '../client/find-license.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { requireVersion } from './license-views.ts'

const FINGERPRINT_MAX = 255

const tags = ['Activations']
const leaving = 'Domains that were free beside the last of a registrable domain go with it.'
const appProblems = problems(400, 403, 404, 409, 413, 415, 422, 429)

type ActivationDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId'>

/** What apps do with their own slots; the license key is the credential. */
export const clientActivationRoutes = (deps: ActivationDeps, parts: ClientParts) => {
  const { store, clock, createId } = deps
  const grant = createClientCommand(deps, parts)

  return new Elysia()
    .post(
      '/activate',
      async ({ body, request }) => {
        const nowMs = clock.nowMs()
        const { key, name = null } = body
        const target = readTarget(body)
        const query = { intent: 'activate', target } as const
        const country = parts.countryOf(request)
        const newcomer = { id: createId('act'), name, country, nowMs }
        const activation = await grant({ key, request, nowMs }, query, (state) =>
          decideActivation(state, target, newcomer),
        )
        const activationIds = [activation.id]
        store.usage.recordSighting({ activationIds, atMs: nowMs, mayDecideEviction: true })
        return presentActivation(activation)
      },
      {
        body: ActivateBody,
        response: { 200: Activation, ...appProblems },
        detail: {
          tags,
          summary: 'Activate a domain or device',
          description:
            'Activating again answers the same activation. What takes no slot is answered as free.',
          security: [],
        },
      },
    )
    .post(
      '/deactivate',
      async ({ body, request }) => {
        const nowMs = clock.nowMs()
        const { key } = body
        const target = readTarget(body)
        const query = { intent: 'deactivate', target, nowMs } as const
        const activation = await grant({ key, request, nowMs }, query, (state) =>
          decideDeactivation(state, target, nowMs),
        )
        return presentActivation(activation)
      },
      {
        body: DeactivateBody,
        response: { 200: Activation, ...appProblems },
        detail: {
          tags,
          summary: 'Free the slot of a domain or device',
          description: leaving,
          security: [],
        },
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
        const request = parsePageRequest(list, query)
        const license = await store.licenses.find(params.id)
        if (license === null) throw new Fault('not_found', 'No such license.')
        const page = await store.activations.list(params.id, request)
        return presentPage(list, query, page, presentActivation)
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
      ({ params, command, headers }) =>
        command.answer(answering, (context) => {
          const query = { intent: 'remove', activationId: params.activation_id } as const
          return store.licenses.change(params.id, query, context, (state) => {
            requireVersion(headers['if-match'], state.license)
            return decideRemoval(state)
          })
        }),
      {
        scope: 'licenses:write',
        response: { 200: Activation, ...problems(401, 403, 404, 409, 412) },
        detail: { tags, summary: 'Free a slot of a license', description: leaving },
      },
    )
    .post(
      '/move',
      ({ params, body, command }) =>
        command.answer(answering, async (context) => {
          const record = await store.licenses.find(params.id)
          if (record === null) return null
          const from = await store.activations.find(params.id, namesOf(record, body.from))
          if (from === null) throw new Fault('not_found', 'No such activation on this license.')
          const target = readPlace(from.kind, body.to)
          const query = { intent: 'move', activationId: from.id, target } as const
          const newcomer = { id: createId('act'), name: null, country: null, nowMs: command.nowMs }
          return store.licenses.change(params.id, query, context, (state) =>
            decideMove(state, target, newcomer),
          )
        }),
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

const answering = {
  status: 200,
  noun: 'license',
  view: ({ result }: Changed<Slot>) => presentActivation(result),
} as const

function readTarget({ domain = null, fingerprint = null }: DeactivateBody): Target {
  if (domain !== null && fingerprint === null) return readPlace('domain', domain)
  if (fingerprint !== null && domain === null) return readPlace('device', fingerprint)
  throw new Fault('validation_failed', 'Give either a domain or a fingerprint.')
}

/** Throws a Fault at /to, since elsewhere the length of a fingerprint is checked already. */
function readPlace(kind: Target['kind'], text: string): Target {
  if (kind === 'domain') return { kind, hostname: parseHostname(text) }
  if (text.length <= FINGERPRINT_MAX) return { kind, fingerprint: text }
  throw invalidField('/to', `A fingerprint has 1–${FINGERPRINT_MAX} characters.`)
}

/** The names an activation may be called by: as given, or as a host name is recorded. */
function namesOf({ plan }: LicenseSnapshot, text: string): string[] {
  const hostname = parseHostname(text)
  if (hostname === null) return [text]
  return [text, hostname.host, getActivationValue(hostname, plan.domainMatch)]
}
