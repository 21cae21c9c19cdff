import type { ApiKey } from '~/domain/api-keys.ts'
import type { Operator } from '~/domain/operators.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { Session, SetupLink, SetupState } from '~/domain/sessions.ts'
import type { Change, CommandContext } from './port.ts'

export interface ApiKeys {
  list(page: PageRequest): Promise<Page<ApiKey>>
  /** Finds a key by the hash of its token. It may have expired. */
  find(tokenHash: string): Promise<ApiKey | null>
  create(apiKey: ApiKey, tokenHash: string, context: CommandContext<ApiKey>): Promise<ApiKey>
  /** Revokes the key if `decide` returns null. */
  readonly change: Change<ApiKey, ApiKey | null>
  /** Replaces the reserved key, or removes it for null. */
  replaceReserved(reserved: Credential | null, context: CommandContext<null>): Promise<void>
  /** Records a use in memory; the next flush writes it, at most once a minute per key. */
  recordUse(id: string, atMs: number): void
}

export interface Credential {
  readonly apiKey: ApiKey
  readonly tokenHash: string
}

export interface Operators {
  /** Newest first. */
  list(page: PageRequest): Promise<Page<Operator>>
  find(id: string): Promise<Operator | null>
  findByName(name: string): Promise<Operator | null>
  /** Throws `already_exists` if the name is taken. */
  create(operator: Operator, context: CommandContext<Operator>): Promise<Operator>
  /**
   * Also ends the sessions of an operator who is then disabled, and the setup links of one who is
   * disabled or gets other scopes.
   */
  readonly change: Change<Operator, Operator>
}

export interface Sessions {
  /** Newest first, also those that have expired but are not deleted yet. */
  list(page: PageRequest): Promise<Page<Session>>
  /** Finds a session by the hash of its token. It may have expired. */
  find(tokenHash: string): Promise<Session | null>
  /** Also ends the session of the same holder that was used longest ago, if there are too many. */
  create(session: Session, tokenHash: string, context: CommandContext<Session>): Promise<Session>
  /** Ends a session, unless `decide` throws. */
  readonly end: Change<Session, void>
  /** Ends all sessions that `isChosen` returns true for. Returns how many. */
  endAll(context: CommandContext<number>, isChosen: (session: Session) => boolean): Promise<number>
  /** Records a use in memory; the next flush writes it, at most once a minute per session. */
  recordUse(id: string, atMs: number): void
}

export interface SetupLinks {
  create<Created extends SetupLink>(
    link: Created,
    hash: string,
    context: CommandContext<Created>,
  ): Promise<Created>
  /**
   * Uses up a link: writes the session that `decide` returns, and its operator if there is none yet.
   * Returns null if there is no such link. `name` is that of the operator, if the link names none.
   */
  redeem(
    attempt: SetupAttempt,
    origin: Pick<CommandContext<Session>, 'requestId' | 'nowMs'>,
    decide: (state: SetupState) => Session,
  ): Promise<Session | null>
}

export interface SetupAttempt {
  readonly hash: string
  readonly name: string
  /** The hash of the token of the session that begins. */
  readonly tokenHash: string
}
