import type { Place } from '~/domain/activations.ts'
import { findItemFlaw, findPlaceRefusal } from '~/domain/compat/edd.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import {
  type EddView,
  presentActivation,
  presentCheck,
  presentDeactivation,
  presentUnknown,
} from '~/wire/compat/edd.ts'
import { type CompatApi, type CompatCall, type CompatReply, describeFailure } from './api.ts'
import { peekFields, readFields } from './bodies.ts'
import { type EddRequest, hasAction, parseRequest, toPlaceRequest } from './edd-requests.ts'
import { getVersions } from './edd-versions.ts'
import { readShopView } from './shops.ts'
import type { CompatTools } from './tools.ts'

const methods = ['GET', 'POST'] as const
/** Shops answer at any address of their site. The second path is one that caches leave alone. */
const OWN_PATHS = ['/edd-sl-api', '/edd-sl-api/']

/**
 * The API of Software Licensing for Easy Digital Downloads:
 * https://easydigitaldownloads.com/docs/software-licensing-api/
 */
export const edd: CompatApi = {
  source: 'edd',
  owns: [],
  routes: methods.flatMap((method) => [
    ...OWN_PATHS.map((path) => ({ method, path, caller: 'app', respond }) as const),
    ...[{ method, path: '/', caller: 'app', isMeant, respond } as const],
  ]),
  presentFailure: (failure) => ({
    status: failure.status,
    body: { success: false, msg: describeFailure(failure) },
  }),
}

/** Browsers get our own page at `/`. */
async function isMeant(request: Request): Promise<boolean> {
  if (hasAction(new URL(request.url).searchParams)) return true
  return request.method === 'POST' && hasAction(await peekFields(request))
}

async function respond(call: CompatCall, tools: CompatTools): Promise<CompatReply> {
  const fields = await readFields(call)
  if (!hasAction(fields)) throw new Fault('not_found', 'There is no such edd_action.')
  if (fields.get('edd_action') === 'get_version') {
    return { status: 200, body: await getVersions(call, tools, fields) }
  }
  const request = parseRequest(call, fields)
  // A plugin that has no key yet is no guess.
  const found = request.key === '' ? null : await tools.findLicense(call, request.key)
  const body =
    found === null || isRefusal(found)
      ? presentUnknown(request.action, request)
      : await answers[request.action](call, tools, found, request)
  return { status: 200, body }
}

type Answer = (
  call: CompatCall,
  tools: CompatTools,
  record: LicenseRecord,
  request: EddRequest,
) => Promise<object>

const answers: Readonly<Record<EddRequest['action'], Answer>> = {
  activate: async (call, tools, record, request) => {
    const { place } = request
    const flaw = place === null ? 'missing_url' : findItemFlaw(record, request.item)
    if (place === null || flaw !== null) {
      return presentActivation(await readView(call, tools, record, request), flaw)
    }
    const refusal = findPlaceRefusal(record, place)
    const result = refusal ?? (await tools.activate(call, record, place))
    const view = await readView(call, tools, record, request)
    if (isRefusal(result)) return presentActivation(view, result)
    return presentActivation({ ...view, isLocal: result.isFree }, null)
  },
  deactivate: async (call, tools, record, request) => {
    const { place } = request
    const isPossible = place !== null && findItemFlaw(record, request.item) === null
    const hasSucceeded = isPossible && !isRefusal(await tools.deactivate(call, record, place))
    return presentDeactivation(await readView(call, tools, record, request), hasSucceeded)
  },
  check: async (call, tools, record, request) => {
    const flaw = findItemFlaw(record, request.item)
    const verdict = flaw ?? (await tools.validate(call, record, toPlaceRequest(request)))
    return presentCheck(await readView(call, tools, record, request), verdict)
  },
}

async function readView(
  call: CompatCall,
  tools: CompatTools,
  license: LicenseRecord,
  { place, item, checksum, key }: EddRequest,
): Promise<EddView> {
  const { record, productName } = await readShopView(call, tools, license, key)
  return { record, productName, place: kindOf(place), item, checksum }
}

const kindOf = (place: Place | null): Place['kind'] => place?.kind ?? 'domain'
