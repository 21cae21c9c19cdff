import {
  presentApiError,
  presentRefusal,
  presentValidation,
} from '~/domain/compat/trafficorchestrator.ts'
import { invalidField } from '~/domain/faults.ts'
import { parseDomain } from '~/domain/validations.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import type { CompatApi, CompatCall, CompatReply } from './api.ts'
import { peekFields, readFields } from './bodies.ts'
import type { CompatTools } from './tools.ts'

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
  ],
  presentFailure: ({ fault, status, requestId }) => ({
    status,
    body: presentApiError(fault, requestId),
  }),
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
  const verdict = await tools.validate(call, found, { hostname: parseDomain(fields.get('domain')) })
  const record = await tools.readLicense(found.license.id)
  return { status: 200, body: presentValidation(verdict, record) }
}
