import type { Deps } from '~/deps.ts'
import type { ActivationQuery, Target } from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import {
  type BoundFile,
  decideFile,
  type FileDraft,
  requireBinding,
} from '~/domain/file-issuance.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import type { LicenseFile } from '~/domain/license-files.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { decideRefusal } from '~/domain/limit-notices.ts'
import { draftMail } from '~/domain/mails.ts'
import { computeReturnCode } from '~/domain/offline-files.ts'
import { decideActivation, decideReturn } from '~/domain/slots.ts'
import { HOUR_MS, SECOND_MS } from '~/domain/times.ts'
import { formatTokenId, TOKEN_ID_BYTES } from '~/domain/tokens.ts'
import { isRefusal, type Refusal, toRefusalFault } from '~/domain/verdicts.ts'
import type { Changed, CommandContext, Store } from '~/store/port.ts'
import type { CreateFileBody } from '~/wire/license-files.ts'

/** Generates the random parts of a license file. */
export function draftFile(
  { vault, randomBytes }: Pick<Deps, 'vault' | 'randomBytes'>,
  days: number | null,
  nowMs: number,
): FileDraft {
  const id = formatTokenId(randomBytes(TOKEN_ID_BYTES))
  const returnHash = vault.hashReturnCode(computeReturnCode(vault.deriveFileSecret(id), id))
  return { id, returnHash, days, nowMs }
}

/** Each stores a row, and a license key is all that a caller needs. */
const FILES_PER_HOUR_MAX = 100

/** Throws a Fault for a license that got very many files within an hour. */
export async function requireFewFiles(
  { store }: Pick<Deps, 'store'>,
  licenseId: string,
  nowMs: number,
): Promise<void> {
  const page = { limit: FILES_PER_HOUR_MAX, after: null }
  const { data } = await store.licenseFiles.list(licenseId, page)
  const oldest = data[FILES_PER_HOUR_MAX - 1]
  if (oldest === undefined || oldest.issuedAtMs <= nowMs - HOUR_MS) return
  const detail = `This license got ${FILES_PER_HOUR_MAX} files within an hour. Request the next one later.`
  throw new Fault('rate_limited', detail, { retryAfterSeconds: HOUR_MS / SECOND_MS })
}

/** Frees the slots of a file, all or none of them. Throws a refusal as a Fault. */
export async function returnFile(
  { store }: Pick<Deps, 'store'>,
  file: LicenseFile,
  context: CommandContext<Changed<null>>,
): Promise<LicenseFile> {
  if (file.returnedAtMs !== null) return file
  const { nowMs } = context
  const steps = file.activationIds.map((activationId) => ({
    query: { intent: 'return', activationId, nowMs } as const,
    decide: (state: Parameters<typeof decideReturn>[0]) => {
      const decision = decideReturn(state, nowMs)
      if (decision.result !== null) throw toRefusalFault(decision.result)
      return decision
    },
  }))
  await store.licenses.changeInOrder(file.licenseId, steps, context, () => ({
    result: null,
    changes: [{ type: 'file.return', file, atMs: nowMs }],
    events: [],
  }))
  return { ...file, returnedAtMs: nowMs }
}

type IssueDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes' | 'createId'>

/**
 * Activates what a file is to be bound to, and issues the file, all in one transaction. Returns null
 * if there is no such license. Throws a refusal as a Fault; the vendor is notified of a limit that was
 * reached.
 */
export async function issueFile(
  deps: IssueDeps,
  licenseId: string,
  { fingerprint, name, domains = [], days, mail }: CreateFileBody,
  context: CommandContext<Changed<BoundFile>>,
): Promise<Changed<BoundFile> | null> {
  const { store, createId } = deps
  const { nowMs } = context
  const draft = draftFile(deps, days ?? null, nowMs)
  const targets = [...domains.map(parseDomain), ...parseDevice(fingerprint)]
  let refusal: Refusal | null = null
  const activate = (target: Target) => ({
    query: { intent: 'activate', target } satisfies ActivationQuery,
    decide: (state: Parameters<typeof decideActivation>[0]) => {
      const newcomer = { id: createId('act'), name: nameOf(target), country: null, nowMs }
      const decision = decideActivation(state, target, newcomer)
      if (isRefusal(decision.result)) refusal = decision.result
      return requireGranted(decision)
    },
  })
  const nameOf = ({ kind }: Target) => (kind === 'device' ? (name ?? null) : null)

  const issuing = store.licenses.changeInOrder(
    licenseId,
    targets.map(activate),
    context,
    (state: LicenseSnapshot, activations) => {
      const unique = [...new Map(activations.map((each) => [each.id, each])).values()]
      const issued = requireGranted(decideFile(state, unique, draft))
      requireBinding(state, fingerprint !== undefined, domains.length > 0)
      return mail
        ? { ...issued, mails: [{ ...draftMail(state, 'file'), fileId: draft.id }] }
        : issued
    },
  )
  return issuing.catch(async (error) => {
    // The refusal has undone its own event as well, so that is written now.
    if (refusal !== null) await recordRefusal(store, licenseId, refusal, context)
    throw error
  })
}

async function recordRefusal(
  { licenses }: Pick<Store, 'licenses'>,
  licenseId: string,
  refusal: Refusal,
  origin: Omit<CommandContext<unknown>, 'idempotency'>,
): Promise<void> {
  const context = { ...origin, idempotency: null }
  await licenses.change(licenseId, { intent: 'none' }, context, ({ license }) =>
    decideRefusal(license, refusal, origin.nowMs),
  )
}

function parseDomain(text: string, index: number): Target {
  const hostname = parseHostname(text)
  if (hostname !== null) return { kind: 'domain', hostname }
  const detail = 'This is not a domain name. Use a name such as example.com.'
  throw invalidField(`/domains/${index}`, detail)
}

function parseDevice(fingerprint: string | undefined): Target[] {
  return fingerprint === undefined ? [] : [{ kind: 'device', fingerprint }]
}

/** Throws the refusal of a decision, which undoes the decisions before it. */
function requireGranted<Granted extends object>(
  decision: Decision<Granted | Refusal>,
): Decision<Granted> {
  const { result } = decision
  if (isRefusal(result)) throw toRefusalFault(result)
  return { ...decision, result }
}
