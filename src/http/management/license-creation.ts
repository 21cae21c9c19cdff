import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { decideIssuance, type LicenseOrder } from '~/domain/issuance.ts'
import { mintKey, requireKey, sealKey } from '~/domain/license-keys.ts'
import type { LicenseKey, TermsSnapshot } from '~/domain/licenses.ts'
import type { CommandContext, IssuedLicense } from '~/store/port.ts'
import { runInTurns, type Steps } from '~/turns.ts'
import { parseEmail } from '~/wire/fields.ts'
import {
  CreateLicenseBody,
  CreateLicensesBody,
  countCopiesMax,
  parseExpiry,
  parseOverrides,
} from '~/wire/license-requests.ts'
import { CreatedLicense, LicenseList } from '~/wire/licenses.ts'
import { createdOnce } from '../answers.ts'
import type { Command } from '../plugins/command.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
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
        const create = createLicenses(deps, body)
        const presentItem = presentIssued(command)
        if (body.quantity !== undefined) {
          return command.createMany({ noun: 'plan', statusOf, presentItem }, create)
        }
        const present = ([only]: readonly IssuedLicense[]) => {
          assert(only !== undefined, 'an order without a quantity is for one license')
          return presentItem(only)
        }
        return command.create({ noun: 'plan', statusOf, present }, create)
      },
      {
        scope: 'licenses:write',
        operationId: 'createLicense',
        body: CreateLicenseBody,
        ...createdOnce(CreatedLicense, 409),
        summary: 'Create a license',
        description,
      },
    )
    .post(
      '/batch',
      ({ body, command }) => {
        const resource = { noun: 'plan', statusOf, presentItem: presentIssued(command) }
        return command.createMany(resource, createLicenses(deps, body))
      },
      {
        scope: 'licenses:write',
        operationId: 'createLicenses',
        body: CreateLicensesBody,
        ...createdOnce(LicenseList, 409),
        summary: 'Create many licenses of one plan',
        description,
      },
    )

const statusOf = (issued: readonly IssuedLicense[]) =>
  issued.every(({ isNew }) => isNew) ? 201 : 200

const presentIssued =
  (command: Pick<Command, 'revealLicense' | 'presentLicense'>) => (license: IssuedLicense) =>
    license.isNew ? command.revealLicense(license) : command.presentLicense(license)

/** Reads plan and key in the command, since a replay must be returned even if they have changed. */
export const createLicenses =
  (deps: LicenseDeps, body: CreateLicenseBody) =>
  async (context: CommandContext<readonly IssuedLicense[]>) => {
    const orders = await buildOrders(deps, body, context.nowMs)
    const externalRef = body.reuse ? (orders[0]?.externalRef ?? null) : null
    return deps.store.licenses.create({ planSlug: body.plan, externalRef }, context, (state) =>
      decideIssuance(state, orders, () => deps.createId('act'), context.nowMs),
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
  const copiesMax = countCopiesMax(body)
  if (quantity > copiesMax) {
    throw invalidField(
      '/quantity',
      `With fields of this length, one request can create at most ${copiesMax} licenses. Send a lower quantity, or less metadata.`,
    )
  }
  const externalRef = body.external_ref?.trim() ?? null
  if (body.reuse && externalRef === null) {
    const detail = 'With reuse, send the external_ref that repeated requests have in common.'
    throw invalidField('/external_ref', detail)
  }
  const plan = await findPlan(deps.store, body.plan)
  const product = await deps.store.products.find(plan.productSlug)
  const prefix = product?.keyPrefix ?? ''
  const imported = body.key === undefined ? null : await importFreeKey(deps, body, body.key, nowMs)
  const order = {
    customerEmail: parseEmail(body.customer_email),
    customerName: body.customer_name?.trim() ?? null,
    expiresAtMs: parseExpiry(body.expires_at),
    overrides: parseOverrides(body),
    metadata: body.metadata ?? {},
    externalRef,
    domains,
  }
  const keys = imported === null ? await runInTurns(mintKeys(deps, prefix, quantity)) : [imported]
  return keys.map((key) => ({ ...order, id: deps.createId('lic'), key }))
}

function* mintKeys(
  deps: Pick<Deps, 'vault' | 'randomBytes'>,
  prefix: string,
  quantity: number,
): Steps<LicenseKey[]> {
  const keys: LicenseKey[] = []
  while (keys.length < quantity) {
    keys.push(mintKey(deps, prefix))
    yield
  }
  return keys
}

/** A rotated key is taken until its overlap ends, which a unique index of keys does not cover. */
async function importFreeKey(
  deps: LicenseDeps,
  { reuse, external_ref: externalRef }: CreateLicenseBody,
  text: string,
  nowMs: number,
): Promise<LicenseKey> {
  const parsed = requireKey(text)
  const key = sealKey(deps.vault, parsed)
  let found: TermsSnapshot | null = null
  for (const hash of deps.vault.listHashes(parsed.canonical)) {
    found ??= await deps.store.validations.findLicense(hash, nowMs)
  }
  if (found === null) return key
  const record = reuse ? await deps.store.licenses.find(found.license.id) : null
  if (record !== null && record.license.externalRef === externalRef?.trim()) return key
  throw new Fault(
    'already_exists',
    'A license with this key already exists. Look it up instead of creating it again.',
  )
}
