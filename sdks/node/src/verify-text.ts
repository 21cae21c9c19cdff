import { judge } from './judge.ts'
import type { Platform } from './platform.ts'
import { emptyRecord } from './record.ts'
import { deny, type State } from './state.ts'
import { openEither, TokenError } from './tokens.ts'
import type { Binding } from './verification.ts'

export interface VerifyOptions extends Binding {
  /** The names of features without which the state is `refused`. */
  readonly features?: readonly string[] | undefined
  /** The time in milliseconds; that of the clock by default. */
  readonly now?: number | undefined
}

/**
 * Returns the state that a license file or a lease gives on its own, without a client, a store or a
 * network. Any other text is `unknown`, with a code such as `SIGNATURE_INVALID`.
 */
export async function verifyText(
  { verifySignature }: Pick<Platform, 'verifySignature'>,
  text: string,
  publicKeys: readonly string[],
  { now = Date.now(), features = [], ...binding }: VerifyOptions,
): Promise<State> {
  const types = ['licet-file+jwt', 'licet-lease+jwt'] as const
  try {
    const token = await openEither(text.trim(), types, publicKeys, verifySignature)
    const evidence = { record: emptyRecord, tokens: [token] }
    const options = { ...binding, publicKeys, features, refreshSeconds: 0, hardLimitSeconds: 0 }
    return judge(evidence, Math.floor(now / 1000), null, options).state
  } catch (error) {
    if (error instanceof TokenError) return deny('unknown', error.code, error.message, 'none')
    throw error
  }
}
