import type { Activation, ActivationDraft, LicenseState } from '~/domain/activations.ts'
import { decideHeartbeat } from '~/domain/compat/keygen-heartbeats.ts'
import { type Decision, unchanged } from '~/domain/decisions.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { PageRequest } from '~/domain/pages.ts'
import { decideActivation } from '~/domain/slots.ts'
import { findStatusRefusal } from '~/domain/validations.ts'
import { isRefusal, type Refusal } from '~/domain/verdicts.ts'
import {
  fingerprintTaken,
  notFound,
  toMachineError,
  unprocessable,
} from '~/wire/compat/keygen-errors.ts'
import { type MachineDraft, parseMachine } from '~/wire/compat/keygen-requests.ts'
import { presentMachine } from '~/wire/compat/keygen-resources.ts'
import { decideThenCommit } from '../client/decide-then-commit.ts'
import { readJson } from './bodies.ts'
import { type Authenticated, authenticate } from './keygen-auth.ts'
import type { KeygenCall, KeygenReply } from './keygen-responses.ts'
import { authenticateFor, createView, listIds } from './keygen-validations.ts'

const PAGE_MAX = 100
const PAGE_DEFAULT = 10
/** A request reads no more than this, also of a license with many domains. */
const PAGES_MAX = 100

/** Activates a device, see https://keygen.sh/docs/api/machines/#machines-create. */
export async function createMachine(keygen: KeygenCall): Promise<KeygenReply> {
  const found = await authenticate(keygen.call, keygen.tools)
  const draft = parseMachine(readJson(keygen.call))
  if (!listIds(found.record).includes(draft.licenseId)) {
    throw unprocessable('LICENSE_NOT_FOUND', 'must exist', '/data/relationships/license')
  }
  const activation = await activate(keygen, found.record, draft)
  const record = await keygen.tools.readLicense(found.record.license.id)
  const view = createView(keygen, { ...found, record })
  const data = presentMachine(view, activation, { details: draft })
  return { status: 201, document: { data }, headers: { location: data.links.self } }
}

async function activate(
  { call, tools }: KeygenCall,
  record: LicenseRecord,
  { id, fingerprint, name, hostname }: MachineDraft,
): Promise<Activation> {
  const target = { kind: 'device', fingerprint } as const
  const newcomer = { name: name ?? hostname, externalId: id ?? crypto.randomUUID() }
  const decide = (
    state: LicenseState,
    draft: ActivationDraft,
  ): Decision<Activation | Refusal | null> => {
    // Ours would return the machine that exists. Apps of Keygen expect an error.
    const isTaken = state.device !== null && findStatusRefusal(state, call.nowMs) === null
    return isTaken ? unchanged(null) : decideActivation(state, target, draft)
  }
  const activating = tools.activateBy(call, record, target, newcomer, decide)
  const result = await activating.catch(presentConflict)
  if (result === null) throw fingerprintTaken()
  if (isRefusal(result)) throw toMachineError(result, fingerprint)
  return result
}

/** The ID that an app has chosen may be that of another machine. */
function presentConflict(error: unknown): never {
  if (!(error instanceof Fault) || error.kind !== 'already_exists') throw error
  throw unprocessable('ID_CONFLICT', 'must not conflict with another machine', '/data/id')
}

export async function showMachine(keygen: KeygenCall): Promise<KeygenReply> {
  const { found, activation } = await findMachine(keygen)
  const data = presentMachine(createView(keygen, found), activation)
  return { status: 200, document: { data } }
}

/** Deactivates a device. */
export async function deleteMachine(keygen: KeygenCall): Promise<KeygenReply> {
  const { call, tools } = keygen
  const { found, activation, id } = await findMachine(keygen)
  const result = await tools.release(call, found.record, activation)
  if (isRefusal(result)) throw toMachineError(result, id)
  return { status: 204, document: null }
}

/** Records that a device is in use. Licet never deactivates one because it stays silent. */
export async function pingMachine(keygen: KeygenCall): Promise<KeygenReply> {
  const { call, tools } = keygen
  const { store } = tools.deps
  const { found, activation, id } = await findMachine(keygen)
  const query = { intent: 'validate', fingerprint: activation.value } as const
  const { result } = await decideThenCommit(store, found.record, query, call, (state) =>
    decideHeartbeat(state, call.nowMs),
  )
  if (result === null) throw notFound('machine', id)
  store.activations.recordSeen(result, call.nowMs)
  const data = presentMachine(createView(keygen, found), result, { heartbeat: 'ping' })
  return { status: 200, document: { data } }
}

/** Licet does not wait for heartbeats, so there is nothing to reset. */
export async function resetMachine(keygen: KeygenCall): Promise<KeygenReply> {
  const { found, activation } = await findMachine(keygen)
  const data = presentMachine(createView(keygen, found), activation, { heartbeat: 'reset' })
  return { status: 200, document: { data } }
}

/** Lists the devices of the license that the request is authenticated as. */
export async function listMachines(keygen: KeygenCall): Promise<KeygenReply> {
  return presentList(keygen, await authenticate(keygen.call, keygen.tools))
}

export async function listMachinesOf(keygen: KeygenCall): Promise<KeygenReply> {
  return presentList(keygen, await authenticateFor(keygen))
}

async function presentList(keygen: KeygenCall, found: Authenticated): Promise<KeygenReply> {
  const { query } = keygen.call
  const limit = readNumber(query.get('page[size]') ?? query.get('limit'), PAGE_DEFAULT, PAGE_MAX)
  const number = readNumber(query.get('page[number]'), 1, PAGES_MAX)
  const fingerprint = query.get('fingerprint')
  const devices =
    fingerprint === null
      ? await listDevices(keygen, found.record, number * limit)
      : await listDevice(keygen, found.record, fingerprint)
  const view = createView(keygen, found)
  const page = devices.slice((number - 1) * limit, number * limit)
  return { status: 200, document: { data: page.map((device) => presentMachine(view, device)) } }
}

async function listDevices(
  { tools }: KeygenCall,
  { license }: LicenseRecord,
  max: number,
): Promise<readonly Activation[]> {
  const devices: Activation[] = []
  let after: string | null = null
  for (let count = 0; count < PAGES_MAX && devices.length < max; count += 1) {
    const page: PageRequest = { limit: PAGE_MAX, after }
    const { data, nextAfter } = await tools.deps.store.activations.list(license.id, page)
    devices.push(...data.filter(({ kind }) => kind === 'device'))
    if (nextAfter === null) break
    after = nextAfter
  }
  return devices
}

async function listDevice(
  { tools }: KeygenCall,
  { license }: LicenseRecord,
  fingerprint: string,
): Promise<readonly Activation[]> {
  const found = await tools.deps.store.activations.find(license.id, [fingerprint])
  return found?.kind === 'device' && found.value === fingerprint ? [found] : []
}

function readNumber(text: string | null, fallback: number, max: number): number {
  const number = /^\d{1,9}$/.test(text ?? '') ? Number(text) : fallback
  return Math.min(Math.max(number, 1), max)
}

/** Finds a machine by its ID or its fingerprint. Throws a KeygenError if there is none. */
export async function findMachine({ call, tools }: KeygenCall) {
  const found = await authenticate(call, tools)
  const { id = '' } = call.params
  const { license } = found.record
  const activation =
    (await tools.findActivation(found.record, id)) ??
    (await tools.deps.store.activations.find(license.id, [id]))
  if (activation?.kind !== 'device') throw notFound('machine', id)
  return { found, activation, id }
}
