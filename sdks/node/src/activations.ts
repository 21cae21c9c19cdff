import type { Context } from './context.ts'
import type { JsonObject } from './json.ts'
import { judge } from './judge.ts'
import type { Cancelable, Target } from './options.ts'
import { changeRecord, deleteRecord, loadEvidence } from './records.ts'
import { type Grant, post, readGrant, readMember } from './requests.ts'
import { requireKey, resolveSubject, type Subject } from './subjects.ts'

export interface ActivateRequest extends Target, Cancelable {
  /** A name for the device, for the vendor's list. */
  readonly name?: string | undefined
}

export interface DeactivateRequest extends Target, Cancelable {}

/** A domain or device that uses a license. */
export interface Activation {
  readonly id: string
  readonly kind: 'domain' | 'device'
  /** The normalized domain, or the fingerprint. */
  readonly value: string
  readonly name: string | null
  /** RFC 3339. */
  readonly createdAt: string
}

/**
 * Activates the domain, or else the device. Repeating it returns the same activation. Throws
 * `LicetProblem` if the server refuses, with the code of a verdict such as `DEVICE_LIMIT_REACHED`.
 */
export async function activate(context: Context, request: ActivateRequest): Promise<Activation> {
  const { name, signal } = request
  const subject = await resolveSubject(context, request)
  const fields = { ...describePlace(subject), name }
  const response = await post(context, '/activate', fields, { signing: 'lease', signal })
  const grant = await readGrant(context, response, await findFeed(context, subject))
  await storeGrant(context, subject, grant)
  return readActivation(grant.body)
}

/** Frees the slot of the domain, or else of the device, and deletes the record. */
export async function deactivate(
  context: Context,
  request: DeactivateRequest,
): Promise<Activation> {
  const { signal } = request
  const subject = await resolveSubject(context, request)
  const fields = describePlace(subject)
  const response = await post(context, '/deactivate', fields, { signing: 'nothing', signal })
  const { body } = await readGrant(context, response, null)
  await deleteRecord(context, subject)
  return readActivation(body)
}

/** The server wants either a domain or a fingerprint. */
function describePlace(subject: Subject) {
  const { domain, fingerprint } = subject
  const key = requireKey(subject)
  if (domain !== null) return { key, domain }
  if (fingerprint !== null) return { key, fingerprint }
  throw new TypeError('Pass the domain or the fingerprint to activate or deactivate.')
}

function readActivation(body: JsonObject): Activation {
  return {
    id: readMember(body, 'id'),
    kind: body.kind === 'domain' ? 'domain' : 'device',
    value: readMember(body, 'value'),
    name: typeof body.name === 'string' ? body.name : null,
    createdAt: readMember(body, 'created_at'),
  }
}

/** The revocations that were imported for a license. */
export async function findFeed(context: Context, subject: Subject) {
  return (await loadEvidence(context, subject)).record.feed
}

/** Stores the lease that came with a granted request. */
export async function storeGrant(context: Context, subject: Subject, { verdict }: Grant) {
  if (verdict === null) return
  await changeRecord(context, subject, (evidence) =>
    judge(evidence, context.now(), verdict, { ...context, ...subject }),
  )
}
