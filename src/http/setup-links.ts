import type { Deps } from '~/deps.ts'
import { SESSION_TOKEN_BYTES, SETUP_LINK_MS, type SetupLink } from '~/domain/sessions.ts'
import type { CommandContext } from '~/store/port.ts'

/** A setup link with the path of the dashboard, whose fragment browsers never send. */
export interface CreatedSetupLink extends SetupLink {
  readonly path: string
  readonly expiresAtMs: number
}

/** Creates a token of 256 random bits, in base64url. */
export function createSignInToken({ randomBytes }: Pick<Deps, 'randomBytes'>): string {
  return Buffer.from(randomBytes(SESSION_TOKEN_BYTES)).toString('base64url')
}

/** Creates a link that signs in once: as this operator, or for null under a name of one's choice. */
export function createSetupLink(
  deps: Pick<Deps, 'store' | 'vault' | 'randomBytes'>,
  operatorId: string | null,
  context: CommandContext<CreatedSetupLink>,
): Promise<CreatedSetupLink> {
  const { nowMs } = context
  const token = createSignInToken(deps)
  const path = `/admin#setup=${token}`
  const link = { operatorId, createdAtMs: nowMs, expiresAtMs: nowMs + SETUP_LINK_MS, path }
  return deps.store.setupLinks.create(link, deps.vault.hashSetupLink(token), context)
}
