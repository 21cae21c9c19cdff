import type { Context } from './context.ts'
import type { JsonObject } from './json.ts'
import type { Cancelable, Target } from './options.ts'
import { isUsable, judgeRecord } from './records.ts'
import { type DeviceNotes, refreshRecord } from './refresh.ts'
import type { License } from './state.ts'
import { resolveSubject } from './subjects.ts'

export interface ValidateRequest extends Target, DeviceNotes, Cancelable {}

/** A server's answer. A refusal is one too. */
export type Validation =
  | {
      readonly valid: true
      readonly license: License
      /** Such as `EXPIRES_SOON`. */
      readonly warnings: readonly string[]
    }
  | {
      readonly valid: false
      /** Such as `LICENSE_EXPIRED`. */
      readonly error: string
      readonly message: string
      /** Facts behind the error, such as `{ limit: 3, used: 3 }`. */
      readonly details: JsonObject
    }

/**
 * Asks the server, and stores what follows from its answer. Throws `NoAnswer` if there is none, and
 * `LicetProblem` if the request was wrong.
 */
export async function validate(context: Context, request: ValidateRequest): Promise<Validation> {
  const subject = await resolveSubject(context, request)
  const { state } = await judgeRecord(context, subject)
  const attemptsMax = isUsable(state) ? 1 : undefined
  const options = { attemptsMax, signal: request.signal }
  const { verdict, failure } = await refreshRecord(context, subject, request, options)
  if (verdict === null) throw failure
  if (verdict.kind === 'valid') {
    return { valid: true, license: verdict.license, warnings: verdict.warnings }
  }
  const { code: error, message, details } = verdict
  return { valid: false, error, message, details }
}
