import type { Steps } from '~/turns.ts'

/**
 * Makes a command run only once. Inside its transaction, it first looks for a stored response: of several
 * processes that run it at the same time, one does, and the others wait for it, or throw
 * `idempotency_in_progress`.
 */
export interface Idempotency<Result> {
  /** HMAC over the API key, the method, the path and the caller's Idempotency-Key. */
  readonly keyHash: string
  readonly bodyHash: string
  readonly expiresAtMs: number
  /** Returns the sealed response to store. Runs inside the transaction with its result. */
  readonly render: (result: Result) => Steps<string>
  /**
   * Called instead of the decision if a response is stored already. Throws what the command is then
   * rejected with.
   */
  readonly replay: (stored: StoredResponse) => never
}

export interface StoredResponse {
  readonly bodyHash: string
  readonly sealedResponse: string
}

export interface StoredResponses {
  /** Finds the response to an idempotent request, until it expires. */
  find(keyHash: string, nowMs: number): Promise<StoredResponse | null>
}
