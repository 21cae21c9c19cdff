import { presentEntitlements, presentLicense } from '~/wire/compat/keygen-resources.ts'
import type { CompatApi, CompatRoute } from './api.ts'
import { authenticate } from './keygen-auth.ts'
import {
  checkOutLicense,
  checkOutMachine,
  downloadLicenseFile,
  downloadMachineFile,
} from './keygen-files.ts'
import {
  createMachine,
  deleteMachine,
  listMachines,
  listMachinesOf,
  pingMachine,
  resetMachine,
  showMachine,
} from './keygen-machines.ts'
import {
  type KeygenCall,
  type KeygenReply,
  presentKeygenFailure,
  respondAsKeygen,
} from './keygen-responses.ts'
import {
  authenticateFor,
  createView,
  validateById,
  validateKey,
  validateQuickly,
} from './keygen-validations.ts'

type Handler = (keygen: KeygenCall) => Promise<KeygenReply>

/** The routes that apps call with a license key, see https://keygen.sh/docs/api/. */
const handlers: readonly (readonly [CompatRoute['method'], string, Handler])[] = [
  ['GET', '/me', showMe],
  ['POST', '/licenses/actions/validate-key', validateKey],
  ['GET', '/licenses/:id', showLicense],
  ['GET', '/licenses/:id/actions/validate', validateQuickly],
  ['POST', '/licenses/:id/actions/validate', validateById],
  ['GET', '/licenses/:id/actions/check-out', downloadLicenseFile],
  ['POST', '/licenses/:id/actions/check-out', checkOutLicense],
  ['GET', '/licenses/:id/machines', listMachinesOf],
  ['GET', '/licenses/:id/entitlements', listEntitlements],
  ['GET', '/machines', listMachines],
  ['POST', '/machines', createMachine],
  ['GET', '/machines/:id', showMachine],
  ['DELETE', '/machines/:id', deleteMachine],
  ['GET', '/machines/:id/actions/check-out', downloadMachineFile],
  ['POST', '/machines/:id/actions/check-out', checkOutMachine],
  ['POST', '/machines/:id/actions/ping', pingMachine],
  ['POST', '/machines/:id/actions/ping-heartbeat', pingMachine],
  ['POST', '/machines/:id/actions/reset', resetMachine],
  ['POST', '/machines/:id/actions/reset-heartbeat', resetMachine],
]

/** SDKs omit the account from the path if they call another host than that of Keygen. */
const prefixes = ['/v1/accounts/:account', '/v1']

/** The client API of Keygen. Only license keys are accepted, because its tokens cannot be moved. */
export const keygen: CompatApi = {
  source: 'keygen',
  owns: ['/v1/accounts/*', '/v1/me', '/v1/machines', '/v1/machines/*'],
  routes: prefixes.flatMap((prefix) =>
    handlers.map(([method, path, handler]) => ({
      method,
      path: prefix + path,
      caller: 'app' as const,
      respond: respondAsKeygen(handler),
    })),
  ),
  presentFailure: presentKeygenFailure,
}

async function showMe(keygen: KeygenCall): Promise<KeygenReply> {
  const found = await authenticate(keygen.call, keygen.tools)
  return { status: 200, document: { data: presentLicense(createView(keygen, found)) } }
}

async function showLicense(keygen: KeygenCall): Promise<KeygenReply> {
  const found = await authenticateFor(keygen)
  return { status: 200, document: { data: presentLicense(createView(keygen, found)) } }
}

async function listEntitlements(keygen: KeygenCall): Promise<KeygenReply> {
  const found = await authenticateFor(keygen)
  return { status: 200, document: { data: presentEntitlements(createView(keygen, found)) } }
}
