import type { Activation } from '~/domain/activations.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { deviceNotActivated, isRefusal, type Refusal } from '~/domain/verdicts.ts'
import {
  type LemonsqueezyFlag,
  presentMissing,
  presentOutcome,
  presentUnknown,
} from '~/wire/compat/lemonsqueezy.ts'
import { FINGERPRINT_MAX, parseDeviceName } from '~/wire/fields.ts'
import {
  type CompatApi,
  type CompatCall,
  type CompatReply,
  type CompatRoute,
  describeFailure,
} from './api.ts'
import { type Fields, readFields } from './bodies.ts'
import { readShopView } from './shops.ts'
import type { CompatTools } from './tools.ts'

/** The License API of Lemon Squeezy: https://docs.lemonsqueezy.com/api/license-api */
export const lemonsqueezy: CompatApi = {
  source: 'lemonsqueezy',
  owns: ['/v1/licenses/*'],
  routes: [
    buildRoute('activate', 'activated', ['license_key', 'instance_name'], activate),
    buildRoute('validate', 'valid', ['license_key'], validate),
    buildRoute('deactivate', 'deactivated', ['license_key', 'instance_id'], deactivate),
  ],
  presentFailure: (failure) => ({
    status: failure.status,
    body: { error: describeFailure(failure) },
  }),
}

/** The instance that a call was about, and why it was refused. */
interface Outcome {
  readonly instance: Activation | null
  readonly refusal: Refusal | null
}

type Decide = (
  call: CompatCall,
  tools: CompatTools,
  record: LicenseRecord,
  fields: Fields,
) => Promise<Outcome>

function buildRoute(
  action: string,
  flag: LemonsqueezyFlag,
  required: readonly string[],
  decide: Decide,
): CompatRoute {
  async function respond(call: CompatCall, tools: CompatTools): Promise<CompatReply> {
    const fields = await readFields(call)
    const missing = required.filter((field) => readField(fields, field) === '')
    if (missing.length > 0) return presentMissing(missing)
    const key = readField(fields, 'license_key')
    const found = await tools.findLicense(call, key)
    if (isRefusal(found)) return presentUnknown(flag, found)
    const { instance, refusal } = await decide(call, tools, found, fields)
    const view = await readShopView(call, tools, found, key)
    return presentOutcome(flag, view, instance, refusal)
  }
  return { method: 'POST', path: `/v1/licenses/${action}`, caller: 'app', respond }
}

const readField = (fields: Fields, name: string) => fields.get(name)?.trim() ?? ''

/** Instances with the same name are different devices, so each gets a fingerprint of its own. */
async function activate(
  call: CompatCall,
  tools: CompatTools,
  record: LicenseRecord,
  fields: Fields,
): Promise<Outcome> {
  const externalId = crypto.randomUUID()
  const name = parseDeviceName({ name: readField(fields, 'instance_name') })
  const target = { kind: 'device', fingerprint: externalId } as const
  return toOutcome(await tools.activate(call, record, target, { name, externalId }))
}

/** Only an activation creates an instance, so an unknown one is refused. */
async function validate(
  call: CompatCall,
  tools: CompatTools,
  record: LicenseRecord,
  fields: Fields,
): Promise<Outcome> {
  const id = readField(fields, 'instance_id')
  const instance = await findInstance(tools, record, id)
  const place = instance === null ? placeUnknown(id) : placeOf(instance)
  const verdict = await tools.validate(call, record, { ...place, isExplicit: true })
  return { instance, refusal: verdict.valid ? null : verdict }
}

async function deactivate(
  call: CompatCall,
  tools: CompatTools,
  record: LicenseRecord,
  fields: Fields,
): Promise<Outcome> {
  const instance = await findInstance(tools, record, readField(fields, 'instance_id'))
  if (instance === null) return { instance: null, refusal: deviceNotActivated }
  return toOutcome(await tools.release(call, record, instance))
}

async function findInstance(tools: CompatTools, record: LicenseRecord, id: string) {
  return id === '' || id.length > FINGERPRINT_MAX ? null : tools.findActivation(record, id)
}

const placeOf = ({ kind, value }: Activation) =>
  kind === 'device' ? { fingerprint: value } : { hostname: parseHostname(value) }

const placeUnknown = (id: string) =>
  id === '' ? {} : { fingerprint: id.slice(0, FINGERPRINT_MAX) }

const toOutcome = (result: Activation | Refusal): Outcome =>
  isRefusal(result) ? { instance: null, refusal: result } : { instance: result, refusal: null }
