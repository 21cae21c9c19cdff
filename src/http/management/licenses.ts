import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { decideIssuance, type LicenseOrder } from '~/domain/issuance.ts'
import { parseKey } from '~/domain/keys.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { decideRevocation, decideUpdate, type LicenseKey } from '~/domain/licenses.ts'
import type { Store } from '~/store/port.ts'
import { ListLicensesQuery, parseLicenseFilter } from '~/wire/license-filters.ts'
import {
  CreateLicenseBody,
  LookupLicenseBody,
  parseExpiry,
  parseLicenseEdit,
  parseOverrides,
  UpdateLicenseBody,
} from '~/wire/license-requests.ts'
import { License, LicenseList } from '~/wire/licenses.ts'
import { pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { problems } from '~/wire/problems.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'
import { importKey, mintKey } from './license-keys.ts'
import { createLicenseViews, requireVersion } from './license-views.ts'

/** Each has its event; more in one transaction would keep everybody else waiting. */
const DOMAINS_AT_ONCE_MAX = 1000

const tags = ['Licenses']

type LicenseDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes' | 'createId' | 'clock'>

export const licenseRoutes = (deps: LicenseDeps, commands: CommandsPlugin) => {
  const { store, vault, createId, clock } = deps
  const views = createLicenseViews(vault)

  return new Elysia({ prefix: '/licenses' })
    .use(commands)
    .post(
      '',
      async ({ body, command }) => {
        const toView = (record: LicenseRecord) => views.revealed(record, command.nowMs)
        const view = (records: readonly LicenseRecord[]) =>
          body.quantity === undefined ? records.map(toView)[0] : { data: records.map(toView) }
        return command.answer({ status: 201, noun: 'plan', view }, async (context) => {
          // Read in here, because a replay is answered whatever became of the plan or the key.
          const orders = await readOrders(deps, body, command.nowMs)
          return store.licenses.create(body.plan, context, (plan) =>
            decideIssuance(plan, orders, () => createId('act'), command.nowMs),
          )
        })
      },
      {
        scope: 'licenses:write',
        body: CreateLicenseBody,
        response: {
          201: Type.Union([License, LicenseList], {
            description: 'The license, or with `quantity` all of them.',
          }),
          ...problems(400, 401, 403, 409, 413, 415, 422),
        },
        detail: {
          tags,
          summary: 'Create a license, or many with a quantity',
          description:
            'The whole key stands in this answer; keep it, or look it up with `licenses:reveal`.',
        },
      },
    )
    .get(
      '',
      async ({ query, command }) => {
        const filter = parseLicenseFilter(query, '?', command.nowMs)
        const page = await store.licenses.list(filter, parsePageRequest('licenses', query))
        return presentPage('licenses', query, page, (record) => views.seenBy(command, record))
      },
      {
        scope: 'licenses:read',
        query: ListLicensesQuery,
        response: { 200: pageOf(License), ...problems(400, 401, 403, 422) },
        detail: { tags, summary: 'List and search licenses, newest first' },
      },
    )
    .post(
      '/lookup',
      async ({ body, command }) => {
        const parsed = parseKey(body.key)
        const snapshot =
          parsed.kind === 'unusable'
            ? null
            : await store.validations.findLicense(vault.hashKey(parsed.canonical), clock.nowMs())
        const record = snapshot === null ? null : await store.licenses.find(snapshot.license.id)
        if (record === null) throw new Fault('not_found', 'No license has this key.')
        return views.seenBy(command, record)
      },
      {
        scope: 'licenses:read',
        body: LookupLicenseBody,
        response: { 200: License, ...problems(400, 401, 403, 404, 413, 415, 422) },
        detail: { tags, summary: 'Find a license by its key' },
      },
    )
    .get(
      '/:id',
      async ({ params, command, set }) => {
        const record = await store.licenses.find(params.id)
        if (record === null) throw new Fault('not_found', 'No such license.')
        set.headers.etag = `"${record.license.version}"`
        return views.seenBy(command, record)
      },
      {
        scope: 'licenses:read',
        response: { 200: License, ...problems(401, 403, 404) },
        detail: { tags, summary: 'Show a license' },
      },
    )
    .put(
      '/:id',
      async ({ params, body, command, headers }) => {
        const plan = body.plan === undefined ? undefined : await findPlan(store, body.plan)
        const edit = parseLicenseEdit(body, plan)
        const view = views.answering(command)
        return command.answer({ status: 200, noun: 'license', view }, (context) =>
          store.licenses.change(params.id, { intent: 'none' }, context, (snapshot) => {
            requireVersion(headers['if-match'], snapshot.license)
            return decideUpdate(snapshot, edit, command.nowMs)
          }),
        )
      },
      {
        scope: 'licenses:write',
        body: UpdateLicenseBody,
        response: { 200: License, ...problems(400, 401, 403, 404, 409, 412, 413, 415, 422) },
        detail: {
          tags,
          summary: 'Change a license',
          description: 'Fields that are left out stay. `inherit` drops overrides by name.',
        },
      },
    )
    .delete(
      '/:id',
      ({ params, command, headers }) =>
        command.answer(
          { status: 200, noun: 'license', view: views.answering(command) },
          (context) =>
            store.licenses.change(params.id, { intent: 'none' }, context, (snapshot) => {
              requireVersion(headers['if-match'], snapshot.license)
              return decideRevocation(snapshot, null, command.nowMs)
            }),
        ),
      {
        scope: 'licenses:write',
        response: { 200: License, ...problems(401, 403, 404, 412) },
        detail: { tags, summary: 'Revoke a license, which is final; the row stays' },
      },
    )
}

export async function findPlan(store: Pick<Store, 'plans'>, slug: string) {
  const plan = await store.plans.find(slug)
  if (plan === null) throw noSuchPlan(slug)
  return plan
}

function noSuchPlan(slug: string): Fault {
  return invalidField('/plan', `There is no plan ${slug}. List the plans with GET /api/v1/plans.`)
}

async function readOrders(
  deps: LicenseDeps,
  body: CreateLicenseBody,
  nowMs: number,
): Promise<LicenseOrder[]> {
  const { quantity = 1 } = body
  if (quantity > 1 && body.key !== undefined) {
    throw invalidField('/quantity', 'One key is one license. Leave out key or quantity.')
  }
  if (quantity * (body.domains?.length ?? 0) > DOMAINS_AT_ONCE_MAX) {
    throw invalidField(
      '/domains',
      `At most ${DOMAINS_AT_ONCE_MAX} domains over all licenses are activated at once. Give fewer.`,
    )
  }
  const plan = await findPlan(deps.store, body.plan)
  const product = await deps.store.products.find(plan.productSlug)
  const prefix = product?.keyPrefix ?? ''
  const imported = body.key === undefined ? null : await importFreeKey(deps, body.key, nowMs)
  const order = {
    customerEmail: body.customer_email.toLowerCase(),
    customerName: body.customer_name ?? null,
    expiresAtMs: parseExpiry(body.expires_at),
    overrides: parseOverrides(body),
    metadata: body.metadata ?? {},
    externalRef: body.external_ref ?? null,
    domains: body.domains ?? [],
  }
  return Array.from({ length: quantity }, () => ({
    ...order,
    id: deps.createId('lic'),
    key: imported ?? mintKey(deps, prefix),
  }))
}

/** A former key is taken until its overlap ends, which the table of present keys cannot know. */
async function importFreeKey(deps: LicenseDeps, text: string, nowMs: number): Promise<LicenseKey> {
  const key = importKey(deps, text)
  if ((await deps.store.validations.findLicense(key.keyHash, nowMs)) === null) return key
  throw new Fault(
    'already_exists',
    'A license with this key exists. Look it up instead of creating it again.',
  )
}
