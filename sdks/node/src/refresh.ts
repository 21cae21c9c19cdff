import type { Context } from './context.ts'
import { type LicetProblem, NoAnswer } from './errors.ts'
import { judge, type Ruling } from './judge.ts'
import { changeRecord } from './records.ts'
import { post } from './requests.ts'
import { requireKey, type Subject } from './subjects.ts'
import { type Outcome, readVerdict, type Verdict } from './verdicts.ts'
import type { Proof } from './verification.ts'

/** Facts about a device that a validation reports besides its subject. */
export interface DeviceNotes {
  /** A name for the device, for the vendor's list. */
  readonly name?: string | undefined
  /** The version of the app, for the vendor's statistics. */
  readonly version?: string | undefined
}

export interface RefreshOptions {
  readonly attemptsMax?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Refreshed extends Ruling {
  readonly verdict: Verdict | null
  /** Why there is no verdict. */
  readonly failure: NoAnswer | LicetProblem | null
}

/** Validates a license, and changes its record by the verdict. */
export async function refreshRecord(
  context: Context,
  subject: Subject,
  notes: DeviceNotes,
  options: RefreshOptions = {},
): Promise<Refreshed> {
  const { outcome, proof } = await sendValidation(context, subject, notes, options)
  const expected = { ...context, ...proof }
  return changeRecord(context, subject, async (evidence) => {
    const { feed } = evidence.record
    const found = await readVerdict(outcome, expected, feed, context.platform.verifySignature)
    const verdict = found.kind === 'none' ? null : found
    const failure = found.kind === 'none' ? found.error : null
    const ruling = judge(evidence, context.now(), verdict, { ...context, ...subject })
    return { ...ruling, verdict, failure }
  })
}

async function sendValidation(
  context: Context,
  subject: Subject,
  { name, version }: DeviceNotes,
  options: RefreshOptions,
): Promise<{ readonly outcome: Outcome; readonly proof: Proof }> {
  const fields = { ...subject, key: requireKey(subject), name, version }
  try {
    return await post(context, '/validate', fields, { signing: 'lease', ...options })
  } catch (error) {
    if (error instanceof NoAnswer) return { outcome: { failure: error }, proof: {} }
    throw error
  }
}
