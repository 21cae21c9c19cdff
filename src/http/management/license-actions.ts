import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import {
  decideKeyRotation,
  decideReinstatement,
  decideRenewal,
  decideRevocation,
  decideSuspension,
} from '~/domain/licenses.ts'
import { NoBody } from '~/wire/fields.ts'
import {
  parseRenewal,
  ReasonBody,
  RenewLicenseBody,
  RotateKeyBody,
} from '~/wire/license-requests.ts'
import { License } from '~/wire/licenses.ts'
import { problems } from '~/wire/problems.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { mintKey } from './license-keys.ts'
import { createLicenseViews } from './license-views.ts'

const tags = ['Licenses']
const answers = { 200: License, ...problems(400, 401, 403, 404, 409, 413, 415, 422) }

export const licenseLifecycleRoutes = (
  deps: Pick<Deps, 'store' | 'vault' | 'randomBytes'>,
  commands: CommandsPlugin,
) => {
  const { store, vault } = deps
  const views = createLicenseViews(vault)

  return new Elysia({ prefix: '/licenses/:id' })
    .use(commands)
    .post(
      '/suspend',
      ({ params, body, command }) =>
        command.answer(
          { status: 200, noun: 'license', view: views.answering(command) },
          (context) =>
            store.licenses.change(params.id, { intent: 'none' }, context, (snapshot) =>
              decideSuspension(snapshot, body?.reason ?? null, command.nowMs),
            ),
        ),
      {
        scope: 'licenses:write',
        body: ReasonBody,
        response: answers,
        detail: { tags, summary: 'Suspend a license until it is reinstated' },
      },
    )
    .post(
      '/reinstate',
      ({ params, command }) =>
        command.answer(
          { status: 200, noun: 'license', view: views.answering(command) },
          (context) =>
            store.licenses.change(params.id, { intent: 'none' }, context, (snapshot) =>
              decideReinstatement(snapshot, command.nowMs),
            ),
        ),
      {
        scope: 'licenses:write',
        body: NoBody,
        response: answers,
        detail: { tags, summary: 'Reinstate a suspended license' },
      },
    )
    .post(
      '/revoke',
      ({ params, body, command }) =>
        command.answer(
          { status: 200, noun: 'license', view: views.answering(command) },
          (context) =>
            store.licenses.change(params.id, { intent: 'none' }, context, (snapshot) =>
              decideRevocation(snapshot, body?.reason ?? null, command.nowMs),
            ),
        ),
      {
        scope: 'licenses:write',
        body: ReasonBody,
        response: answers,
        detail: { tags, summary: 'Revoke a license, which is final' },
      },
    )
    .post(
      '/renew',
      ({ params, body, command }) => {
        const renewal = parseRenewal(body)
        return command.answer(
          { status: 200, noun: 'license', view: views.answering(command) },
          (context) =>
            store.licenses.change(params.id, { intent: 'none' }, context, (snapshot) =>
              decideRenewal(snapshot, renewal, command.nowMs),
            ),
        )
      },
      {
        scope: 'licenses:write',
        body: RenewLicenseBody,
        response: answers,
        detail: {
          tags,
          summary: 'Renew a license',
          description: 'By `days` or to `expires_at`; without either by the duration of its plan.',
        },
      },
    )
    .post(
      '/rotate-key',
      async ({ params, body, command }) => {
        const key = await mintKeyFor(deps, params.id)
        const overlapHours = body?.overlap_hours ?? 0
        const view = (record: LicenseRecord) => views.revealed(record, command.nowMs)
        return command.answer({ status: 200, noun: 'license', view }, (context) =>
          store.licenses.change(params.id, { intent: 'none' }, context, (snapshot) =>
            decideKeyRotation(snapshot, key, overlapHours, command.nowMs),
          ),
        )
      },
      {
        scope: 'licenses:write',
        body: RotateKeyBody,
        response: answers,
        detail: {
          tags,
          summary: 'Give a license a new key',
          description:
            'The new key stands in this answer. The old one answers for `overlap_hours`.',
        },
      },
    )
}

async function mintKeyFor(deps: Pick<Deps, 'store' | 'vault' | 'randomBytes'>, id: string) {
  const record = await deps.store.licenses.find(id)
  const product = record && (await deps.store.products.find(record.license.productSlug))
  if (!product) throw new Fault('not_found', 'No such license.')
  return mintKey(deps, product.keyPrefix)
}
