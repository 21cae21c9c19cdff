import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { Activation } from '~/domain/activations.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import { decideIssuance } from '~/domain/issuance.ts'
import { mintKey } from '~/domain/license-keys.ts'
import {
  decideKeyRotation,
  decideReinstatement,
  decideRenewal,
  decideRevocation,
  decideSuspension,
  type LicenseRecord,
} from '~/domain/licenses.ts'
import { decideActivation, decideRemoval } from '~/domain/slots.ts'
import { isRefusal, type Refusal, toRefusalFault } from '~/domain/verdicts.ts'
import type { Changed } from '~/store/port.ts'
import { BatchBody, CreateBody, DomainBody, StatusBody } from '~/wire/compat/trafficorchestrator.ts'
import {
  APP_NAME,
  type BatchOutcome,
  PLAN_DEFAULT,
  presentBatch,
  presentPortalLicense,
} from '~/wire/compat/trafficorchestrator-portal.ts'
import { listPage } from '~/wire/pages.ts'
import { possibleNames } from '../management/activations.ts'
import type { DecideLicense } from '../management/license-actions.ts'
import { mintKeyFor } from '../management/license-keys.ts'
import { findPlan } from '../management/licenses.ts'
import type { Command } from '../plugins/command.ts'
import { requireFound } from '../plugins/runs.ts'
import { type CompatCall, type CompatReply, type CompatRoute, vendorRoute } from './api.ts'
import { hasApiKey } from './authorize.ts'
import { readBodyAs } from './bodies.ts'
import type { CompatTools } from './tools.ts'

const LICENSES_MAX = 100

const checks = {
  create: TypeCompiler.Compile(CreateBody),
  status: TypeCompiler.Compile(StatusBody),
  domain: TypeCompiler.Compile(DomainBody),
  batch: TypeCompiler.Compile(BatchBody),
}

const route = (
  method: CompatRoute['method'],
  path: string,
  respond: CompatRoute['respond'],
): CompatRoute => ({
  ...vendorRoute(method, `/portal/licenses${path}`, respond),
  // Customers use the same paths, with a cookie.
  isMeant: hasApiKey,
})

/** The licenses of the portal API. */
export const portalLicenseRoutes: readonly CompatRoute[] = [
  route('GET', '', list),
  route('POST', '', create),
  route('POST', '/batch', changeMany),
  route('GET', '/:id', find),
  route('PATCH', '/:id', setStatus),
  route('DELETE', '/:id', remove),
  route('POST', '/:id/rotate', rotate),
  route('POST', '/:id/domains', addDomain),
  route('DELETE', '/:id/domains', removeDomain),
]

const ok = (body: object, status = 200): CompatReply => ({ status, body })

/** Presents a license with the key that the caller may see. */
const presentFor =
  (command: Command, present = command.presentLicense) =>
  (record: LicenseRecord) =>
    presentPortalLicense(record, present(record).key, command.nowMs)

const idOf = ({ params }: CompatCall): string => params.id ?? ''

async function list(call: CompatCall, { deps, authorize }: CompatTools): Promise<CompatReply> {
  const command = await authorize(call, 'licenses:read')
  const cursor = call.query.get('cursor')
  const query = { limit: String(LICENSES_MAX), ...(cursor !== null && { cursor }) }
  const { data, next_cursor } = await listPage('portal', query, presentFor(command), (page) =>
    deps.store.licenses.list({}, page),
  )
  return ok({ licenses: data, next_cursor })
}

async function find(call: CompatCall, { deps, authorize }: CompatTools): Promise<CompatReply> {
  const command = await authorize(call, 'licenses:read')
  const record = requireFound('license', await deps.store.licenses.find(idOf(call)))
  return ok(presentFor(command)(record))
}

async function create(call: CompatCall, { deps, authorize }: CompatTools): Promise<CompatReply> {
  const command = await authorize(call, 'licenses:write')
  const { appName, domain, planId } = readBodyAs(call, checks.create)
  const plan = await findPlan(deps.store, planId ?? PLAN_DEFAULT)
  const product = requireFound('product', await deps.store.products.find(plan.productSlug))
  const order = {
    id: deps.createId('lic'),
    key: mintKey(deps, product.keyPrefix),
    customerEmail: null,
    customerName: null,
    overrides: {},
    expiresAtMs: undefined,
    externalRef: null,
    metadata: { [APP_NAME]: appName },
    domains: domain == null ? [] : [domain],
  }
  const present = (issued: readonly LicenseRecord[]) =>
    presentFor(command, command.revealLicense)(requireFound('license', issued[0] ?? null))
  const created = await command.create({ noun: 'plan', present }, (context) =>
    deps.store.licenses.create({ planSlug: plan.slug }, context, (state) =>
      decideIssuance(state, [order], () => deps.createId('act'), context.nowMs),
    ),
  )
  return ok(created, 201)
}

async function setStatus(call: CompatCall, { authorize }: CompatTools): Promise<CompatReply> {
  const command = await authorize(call, 'licenses:write')
  const { status } = readBodyAs(call, checks.status)
  const decide = status === 'active' ? decideReinstatement : suspend
  const license = await command.license(idOf(call), decide)
  return ok({ success: true, license_id: license.id, status: license.status })
}

const suspend: DecideLicense = (license, nowMs) => decideSuspension(license, null, nowMs)

async function remove(call: CompatCall, { authorize }: CompatTools): Promise<CompatReply> {
  const command = await authorize(call, 'licenses:write')
  await command.license(idOf(call), (license, nowMs) => decideRevocation(license, null, nowMs))
  return ok({ success: true })
}

/** The license stays the same, and the former key stops working at once. */
async function rotate(call: CompatCall, { deps, authorize }: CompatTools): Promise<CompatReply> {
  const command = await authorize(call, 'licenses:write')
  const id = idOf(call)
  const key = await mintKeyFor(deps, id)
  const present = presentFor(command, command.presentNewKey)
  const newLicense = await command.run({ noun: 'license', present }, (context) =>
    deps.store.licenses.change(id, { intent: 'none' }, context, (license) =>
      decideKeyRotation(license, key, 0, command.nowMs),
    ),
  )
  return ok({ success: true, previousLicenseId: id, newLicense })
}

async function addDomain(call: CompatCall, { deps, authorize }: CompatTools): Promise<CompatReply> {
  const command = await authorize(call, 'licenses:write')
  const target = { kind: 'domain', hostname: readHostname(call) } as const
  const draft = { id: deps.createId('act'), name: null, country: null, nowMs: command.nowMs }
  const present = ({ result }: Changed<Activation | Refusal>) => result
  const result = await command.run({ noun: 'license', present }, (context) =>
    deps.store.licenses.change(idOf(call), { intent: 'activate', target }, context, (state) =>
      decideActivation(state, target, draft),
    ),
  )
  if (isRefusal(result)) throw toRefusalFault(result)
  return ok({ success: true, domainId: result.id, domain: result.value })
}

async function removeDomain(
  call: CompatCall,
  { deps, authorize }: CompatTools,
): Promise<CompatReply> {
  const command = await authorize(call, 'licenses:write')
  const { host } = readHostname(call)
  const { licenses, activations } = deps.store
  const record = requireFound('license', await licenses.find(idOf(call)))
  const activation = await activations.find(idOf(call), possibleNames(record, host))
  if (activation === null) throw new Fault('not_found', `${host} is not activated.`)
  const query = { intent: 'remove', activationId: activation.id } as const
  await command.run({ noun: 'license', present: () => null }, (context) =>
    licenses.change(idOf(call), query, context, decideRemoval),
  )
  return ok({ success: true })
}

/** Throws a Fault at /domain. */
function readHostname(call: CompatCall) {
  const hostname = parseHostname(readBodyAs(call, checks.domain).domain)
  if (hostname !== null) return hostname
  throw invalidField('/domain', 'This is not a domain name. Use a name such as example.com.')
}

/** Changes one license after the other, so one that fails does not hold up the others. */
async function changeMany(call: CompatCall, { authorize }: CompatTools): Promise<CompatReply> {
  const command = await authorize(call, 'licenses:write')
  const body = readBodyAs(call, checks.batch)
  const decide = chooseDecision(body)
  const outcomes: BatchOutcome[] = []
  for (const licenseId of body.licenseIds) {
    outcomes.push({ licenseId, error: await findError(() => command.license(licenseId, decide)) })
  }
  return ok(presentBatch(body.action, outcomes))
}

/** Without days, a license is extended by the duration of its plan. */
function chooseDecision({ action, days }: BatchBody): DecideLicense {
  if (action === 'suspend') return suspend
  if (action === 'activate') return decideReinstatement
  return (license, nowMs) => decideRenewal(license, days == null ? {} : { days }, nowMs)
}

/** Returns the sentence of a Fault; null if there is none. */
async function findError(run: () => Promise<unknown>): Promise<string | null> {
  try {
    await run()
    return null
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}
