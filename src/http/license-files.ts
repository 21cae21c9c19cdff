import type { Deps } from '~/deps.ts'
import type { ActivationQuery, Target } from '~/domain/activations.ts'
import type { Decision } from '~/domain/decisions.ts'
import { invalidField } from '~/domain/faults.ts'
import {
  type BoundFile,
  decideFile,
  type FileDraft,
  requireBinding,
} from '~/domain/file-issuance.ts'
import { parseHostname } from '~/domain/hostnames.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { decideRefusal } from '~/domain/limit-notices.ts'
import { draftMail } from '~/domain/mails.ts'
import { computeReturnCode } from '~/domain/offline-files.ts'
import { decideActivation } from '~/domain/slots.ts'
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
