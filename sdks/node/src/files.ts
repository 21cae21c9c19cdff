import type { Context } from './context.ts'
import { addFile, addRevocations } from './imports.ts'
import { requireFeatures } from './judge.ts'
import { computeReturnCode, encodeRequest } from './offline-codes.ts'
import type { Target } from './options.ts'
import { changeRecord } from './records.ts'
import { createNonce } from './requests.ts'
import type { State } from './state.ts'
import { findDevice, requireKey, resolveSubject } from './subjects.ts'
import { TokenError } from './tokens.ts'

export interface ImportRequest extends Target {
  /** The names of features without which the state is `refused`. */
  readonly features?: readonly string[] | undefined
}

export interface OfflineCodeRequest extends Target {
  /** A name for the device, for the vendor's list. */
  readonly name?: string | undefined
}

/** Imports a license file, and returns the state with it. Throws `TokenError` if it is not for here. */
export function importFile(context: Context, text: string, request: ImportRequest) {
  return runImport(context, text, request, addFile)
}

/** Imports a revocation feed, and returns the state with it. Throws `TokenError` if it is not one. */
export function importRevocations(context: Context, text: string, request: ImportRequest) {
  return runImport(context, text, request, addRevocations)
}

async function runImport(
  context: Context,
  text: string,
  request: ImportRequest,
  add: typeof addFile,
): Promise<State> {
  if (context.publicKeys.length === 0) {
    throw new TypeError('Pass `publicKeys` to the client, since files are verified with them.')
  }
  const subject = await resolveSubject(context, request)
  const { state } = await changeRecord(context, subject, (evidence) =>
    add(evidence, context.now(), text.trim(), context, subject),
  )
  return requireFeatures(state, request.features ?? [])
}

export interface OfflineRequestCode {
  /** Such as `LQ1.eyJ2Ijox…`. It contains the license key. */
  readonly code: string
  /** The page of the server with the code in its fragment, for a link or a QR code. */
  readonly url: string
}

/** Returns the code with which a device without a connection asks for a license file. */
export async function createOfflineRequest(
  context: Context,
  { name = '', ...target }: OfflineCodeRequest,
): Promise<OfflineRequestCode> {
  const { product, url } = context
  const subject = await resolveSubject(context, target)
  const fingerprint = subject.fingerprint ?? (await findDevice(context)).value
  const key = requireKey(subject)
  const request = { product, key, fingerprint, name: name || null, nonce: createNonce() }
  const code = encodeRequest(request)
  return { code, url: `${url}/offline#${code}` }
}

/**
 * Deletes the license file of this device, and returns the code that frees its slot, such as
 * `7Q4MX-0ZD9K`. The same file cannot be imported again. Throws `TokenError` without a file that is
 * bound to a device or domain.
 */
export async function returnFile(context: Context, target: Target): Promise<string> {
  const subject = await resolveSubject(context, target)
  const { code } = await changeRecord(context, subject, ({ record, tokens }) => {
    const claims = tokens.find((token) => token.type === 'licet-file+jwt')?.claims
    if (claims === undefined || claims.ret === null) {
      throw new TokenError('MALFORMED', 'There is no license file that can be returned.')
    }
    const message = 'The license of this device was returned.'
    const tombstone = { code: 'FILE_RETURNED', message, at: claims.iat }
    return {
      record: { ...record, file: null, tombstone },
      code: computeReturnCode(claims.ret, claims.jti),
    }
  })
  return code
}
