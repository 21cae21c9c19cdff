import { Fault, invalidField } from '~/domain/faults.ts'
import { parseDomain } from '~/domain/validations.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import {
  presentApiError,
  presentRefusal,
  presentValidation,
} from '~/wire/compat/trafficorchestrator-verdicts.ts'
import {
  type CompatApi,
  type CompatCall,
  type CompatReply,
  type CompatRoute,
  vendorRoute,
} from './api.ts'
import { hasApiKey } from './authorize.ts'
import { peekFields, readFields } from './bodies.ts'
import type { CompatTools } from './tools.ts'
import { portalAccessRoutes } from './trafficorchestrator-access.ts'
import { portalLicenseRoutes } from './trafficorchestrator-licenses.ts'
import { portalUsageRoutes } from './trafficorchestrator-usage.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * The API of Traffic Orchestrator, as its published clients call it. Sources:
 * https://pypi.org/project/traffic-orchestrator/2.1.0/ and
 * https://www.npmjs.com/package/@traffic-orchestrator/client/v/2.1.0
 */
export const trafficOrchestrator: CompatApi = {
  source: 'trafficorchestrator',
  owns: [],
  routes: [
    {
      method: 'POST',
      path: '/api/v1/validate',
      caller: 'app',
      isMeant: hasToken,
      respond: validate,
    },
    { method: 'GET', path: '/api/v1/health', caller: 'app', respond: checkHealth },
    ...portalLicenseRoutes,
    ...portalAccessRoutes,
    ...portalUsageRoutes,
    ...methods.map((method) => unsupported(method)),
  ],
  presentFailure: ({ fault, status, requestId }) => ({
    status,
    body: presentApiError(fault, requestId),
  }),
}

/** A route of the portal that has no equivalent. Customers use other paths below, with a cookie. */
function unsupported(method: CompatRoute['method']): CompatRoute {
  const refuse = async () => {
    throw new Fault('not_found', 'Licet has no equivalent of this path.', { code: 'not_supported' })
  }
  return { ...vendorRoute(method, '/portal/*', refuse), isMeant: hasApiKey }
}

async function checkHealth(_call: CompatCall, { deps }: CompatTools): Promise<CompatReply> {
  await deps.store.ping()
  return { status: 200, body: { status: 'healthy', version: deps.version } }
}

/** Our own apps send a `key`. */
async function hasToken(request: Request): Promise<boolean> {
  const fields = await peekFields(request)
  return fields.has('token') && !fields.has('key')
}

async function validate(call: CompatCall, tools: CompatTools): Promise<CompatReply> {
  const fields = await readFields(call)
  const token = fields.get('token') ?? ''
  if (token === '') throw invalidField('/token', 'Send the license key as token.')
  const found = await tools.findLicense(call, token)
  if (isRefusal(found)) return { status: 404, body: presentRefusal(found) }
  // The client for Go sends an empty domain if it has none.
  const hostname = parseDomain(fields.get('domain') || undefined)
  const verdict = await tools.validate(call, found, { hostname })
  const record = await tools.readLicense(found.license.id)
  return { status: 200, body: presentValidation(verdict, record) }
}
