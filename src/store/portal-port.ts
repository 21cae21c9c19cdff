import type { Page, PageRequest } from '~/domain/pages.ts'
import type { PortalCode } from '~/domain/portal-codes.ts'
import type { PortalSession } from '~/domain/portal-sessions.ts'
import type { CommandContext } from './port.ts'

/** Customers who are signed in to the portal. */
export interface PortalSessions {
  /** Lists the sessions of a customer, also those with the key of a license, oldest first. */
  list(customerEmail: string, page: PageRequest): Promise<Page<PortalSession>>
  /** Finds a session by the hash of its token. It may have expired. */
  find(tokenHash: string): Promise<PortalSession | null>
  /** Also ends the oldest session of the same customer, if there are too many. */
  create(
    session: PortalSession,
    tokenHash: string,
    context: CommandContext<PortalSession>,
  ): Promise<PortalSession>
  /** Ends a session, if it has not ended. */
  end(id: string, context: CommandContext<null>): Promise<void>
}

/** The codes that customers enter to sign in, each by the browser that has requested it. */
export interface PortalCodes {
  create(code: PortalCode, browserHash: string): Promise<void>
  /**
   * Uses up the code of a browser: writes the session that `decide` returns. For null, it counts an
   * attempt. Returns null if no session begins.
   */
  redeem(
    hashes: { readonly browserHash: string; readonly tokenHash: string },
    origin: Pick<CommandContext<PortalSession>, 'requestId' | 'nowMs'>,
    decide: (code: PortalCode) => PortalSession | null,
  ): Promise<PortalSession | null>
}
