import type { Deps } from '~/deps.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { decideIssuance, type LicenseOrder } from '~/domain/issuance.ts'
import type { LicenseKey, LicenseRecord } from '~/domain/licenses.ts'
import type { CommandContext } from '~/store/port.ts'
import { parseEmail } from '~/wire/fields.ts'
import {
  CreateLicenseBody,
  CreateLicensesBody,
  parseExpiry,
  parseOverrides,
} from '~/wire/license-requests.ts'
import { CreatedLicense, LicenseList } from '~/wire/licenses.ts'
import { created } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { importKey, mintKey } from './license-keys.ts'
import { findPlan } from './licenses.ts'

/** Each domain appends an event, and one transaction with more would hold up other requests. */
const DOMAINS_MAX = 1000

const description =
  'The response contains the full license key. Later it is shown only with `licenses:reveal`.'

type LicenseDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes' | 'createId'>

export const licenseCreationRoutes = (deps: LicenseDeps, routes: ScopedRoutes) =>
  routes('/licenses', 'Licenses')
    .post(
      '',
      ({ body, command }) => {
        const present = (records: readonly LicenseRecord[]) => {
          const data = records.map(command.revealLicense)
          return body.quantity === undefined ? data[0] : { data }
        }
        return command.create({ noun: 'plan', present }, createLicenses(deps, body))
      },
      {
        scope: 'licenses:write',
        operationId: 'createLicense',
        body: CreateLicenseBody,
        ...created(CreatedLicense, 409),
        summary: 'Create a license',
        description,
      },
    )
    .post(
      '/batch',
      ({ body, command }) => {
        const present = (records: readonly LicenseRecord[]) => ({
          data: records.map(command.revealLicense),
        })
        return command.create({ noun: 'plan', present }, createLicenses(deps, body))
      },
      {
        scope: 'licenses:write',
        operationId: 'createLicenses',
        body: CreateLicensesBody,
        ...created(LicenseList, 409),
        summary: 'Create many licenses of one plan',
        description,
      },
    )

/** Reads plan and key in the command, since a replay must be returned even if they have changed. */
const createLicenses =
  (deps: LicenseDeps, body: CreateLicenseBody) =>
  async (context: CommandContext<readonly LicenseRecord[]>) => {
    const orders = await buildOrders(deps, body, context.nowMs)
    return deps.store.licenses.create(body.plan, context, (plan) =>
      decideIssuance(plan, orders, () => deps.createId('act'), context.nowMs),
    )
  }

async function buildOrders(
  deps: LicenseDeps,
  body: CreateLicenseBody,
  nowMs: number,
): Promise<LicenseOrder[]> {
  const { quantity = 1, domains = [] } = body
  if (quantity > 1 && body.key !== undefined) {
    throw invalidField(
      '/quantity',
      'A key can belong to only one license. Leave out the key, or create a single license.',
    )
  }
  if (quantity * domains.length > DOMAINS_MAX) {
    throw invalidField(
      '/domains',
      `One request can activate at most ${DOMAINS_MAX} domains over all licenses. Send fewer.`,
    )
  }
  const plan = await findPlan(deps.store, body.plan)
  const product = await deps.store.products.find(plan.productSlug)
  const prefix = product?.keyPrefix ?? ''
  const imported = body.key === undefined ? null : await importFreeKey(deps, body.key, nowMs)
  const order = {
    customerEmail: parseEmail(body.customer_email),
    customerName: body.customer_name?.trim() ?? null,
    expiresAtMs: parseExpiry(body.expires_at),
    overrides: parseOverrides(body),
    metadata: body.metadata ?? {},
    externalRef: body.external_ref?.trim() ?? null,
    domains,
  }
  return Array.from({ length: quantity }, () => ({
    ...order,
    id: deps.createId('lic'),
    key: imported ?? mintKey(deps, prefix),
  }))
}

/** A rotated key is taken until its overlap ends, which a unique index of keys does not cover. */
async function importFreeKey(deps: LicenseDeps, text: string, nowMs: number): Promise<LicenseKey> {
  const key = importKey(deps, text)
  if ((await deps.store.validations.findLicense(key.keyHash, nowMs)) === null) return key
  throw new Fault(
    'already_exists',
    'A license with this key already exists. Look it up instead of creating it again.',
  )
}
