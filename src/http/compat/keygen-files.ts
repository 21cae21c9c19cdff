import { createCipheriv, createHash, type KeyObject, sign } from 'node:crypto'
import { buildFileTerms, type KeygenFileTerms } from '~/domain/compat/keygen-files.ts'
import { offlineNotAllowed } from '~/domain/verdicts.ts'
import { forbidden, licenseExpired } from '~/wire/compat/keygen-errors.ts'
import {
  type Checkout,
  type FileSubject,
  nameAlgorithm,
  parseCheckout,
  presentContents,
  presentFile,
} from '~/wire/compat/keygen-files.ts'
import {
  getAccountId,
  getLicenseId,
  type LicenseView,
  presentEntitlements,
  presentLicense,
  presentMachine,
} from '~/wire/compat/keygen-resources.ts'
import { readJson } from './bodies.ts'
import type { Authenticated } from './keygen-auth.ts'
import { findMachine } from './keygen-machines.ts'
import type { KeygenCall, KeygenReply } from './keygen-responses.ts'
import { authenticateFor, createView, runValidation } from './keygen-validations.ts'
import { idOf } from './tools.ts'

const IV_BYTES = 12
const LINE_CHARACTERS = 60

/** A file that was issued. */
interface IssuedFile {
  readonly certificate: string
  readonly checkout: Checkout
  readonly terms: KeygenFileTerms
  readonly subject: FileSubject
}

/** The contents of a file, and the secret that decrypts it. */
interface FileDraft {
  readonly subject: FileSubject
  readonly data: object
  readonly included: readonly object[]
  readonly secret: string
}

export const checkOutLicense = async (keygen: KeygenCall) => present(await issueLicenseFile(keygen))
export const checkOutMachine = async (keygen: KeygenCall) => present(await issueMachineFile(keygen))
export const downloadLicenseFile = async (keygen: KeygenCall) =>
  download(await issueLicenseFile(keygen))
export const downloadMachineFile = async (keygen: KeygenCall) =>
  download(await issueMachineFile(keygen))

async function issueLicenseFile(keygen: KeygenCall): Promise<IssuedFile> {
  const found = await authenticateFor(keygen)
  return issue(keygen, found, undefined, (view, { includes }) => ({
    subject: describe(view, 'license', null),
    data: presentLicense(view),
    included: includes.includes('entitlements') ? presentEntitlements(view) : [],
    secret: view.key,
  }))
}

async function issueMachineFile(keygen: KeygenCall): Promise<IssuedFile> {
  const { found, activation } = await findMachine(keygen)
  return issue(keygen, found, activation.value, (view, { includes }) => ({
    subject: describe(view, 'machine', idOf(activation)),
    data: presentMachine(view, activation),
    included: [
      ...(includes.includes('license') ? [presentLicense(view)] : []),
      ...(includes.includes('license.entitlements') ? presentEntitlements(view) : []),
    ],
    secret: view.key + activation.value,
  }))
}

const describe = (
  view: LicenseView,
  kind: FileSubject['kind'],
  machineId: string | null,
): FileSubject => ({
  kind,
  accountId: getAccountId(view),
  licenseId: getLicenseId(view.record),
  machineId,
})

/**
 * Issues a file as Licet issues a lease: only for a license that is valid now, on this machine, and whose plan
 * allows use offline. Throws a KeygenError for any other.
 */
async function issue(
  keygen: KeygenCall,
  found: Authenticated,
  fingerprint: string | undefined,
  draft: (view: LicenseView, checkout: Checkout) => FileDraft,
): Promise<IssuedFile> {
  const { call, tools, privateKey } = keygen
  const checkout = parseCheckout(call.query, readJson(call))
  if (privateKey === null)
    throw forbidden('This server has no key that signs files for apps of Keygen')
  if (found.record.plan.offline === null) throw forbidden(offlineNotAllowed.message)
  const scope = fingerprint === undefined ? undefined : { fingerprint }
  const { result, record } = await runValidation(keygen, found.record, scope)
  if (result.code === 'EXPIRED') throw licenseExpired()
  const terms = buildFileTerms(record, checkout.ttlSeconds, call.nowMs)
  if (!result.valid || terms === null) throw forbidden(result.detail)
  const { subject, data, included, secret } = draft(
    createView(keygen, { ...found, record }),
    checkout,
  )
  const contents = JSON.stringify(presentContents(data, included, terms))
  const enc = checkout.isEncrypted
    ? encrypt(contents, secret, tools.deps.randomBytes(IV_BYTES))
    : Buffer.from(contents).toString('base64')
  const alg = nameAlgorithm(checkout.isEncrypted)
  const certificate = certify(privateKey, subject.kind, enc, alg)
  return { certificate, checkout, terms, subject }
}

/** Returns ciphertext, initialization vector and tag in base64. */
function encrypt(contents: string, secret: string, iv: Uint8Array): string {
  const key = createHash('sha256').update(secret).digest()
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const ciphertext = Buffer.concat([cipher.update(contents, 'utf8'), cipher.final()])
  const parts = [ciphertext, iv, cipher.getAuthTag()]
  return parts.map((part) => Buffer.from(part).toString('base64')).join('.')
}

/** Returns the text of a file, see https://keygen.sh/docs/api/cryptography/#cryptographic-lic. */
function certify(
  privateKey: KeyObject,
  kind: FileSubject['kind'],
  enc: string,
  alg: string,
): string {
  const sig = sign(null, Buffer.from(`${kind}/${enc}`), privateKey).toString('base64')
  const text = Buffer.from(JSON.stringify({ enc, sig, alg })).toString('base64')
  const lines = text.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? []
  const title = `${kind.toUpperCase()} FILE`
  return `-----BEGIN ${title}-----\n${lines.join('\n')}\n-----END ${title}-----\n`
}

function present({ certificate, checkout, terms, subject }: IssuedFile): KeygenReply {
  const data = presentFile(crypto.randomUUID(), certificate, checkout, terms, subject)
  return { status: 200, document: { data } }
}

function download({ certificate, subject }: IssuedFile): KeygenReply {
  const { kind, licenseId, machineId } = subject
  const id = (kind === 'license' ? licenseId : machineId) ?? ''
  const name = `${id.replaceAll(/[^\w.-]/g, '_')}.lic`
  const headers = {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${name}"`,
  }
  return { status: 200, document: certificate, headers }
}
