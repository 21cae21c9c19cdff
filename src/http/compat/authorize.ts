import type { Deps } from '~/deps.ts'
import type { Scope } from '~/domain/api-keys.ts'
import { truncateAddress } from '~/domain/usage.ts'
import type { ClientParts } from '../client/find-license.ts'
import { findTokenCaller, type KeyLimited, readBearer, requireScope } from '../plugins/auth.ts'
import { type Command, createCommand } from '../plugins/command.ts'
import type { RunIdempotently } from '../plugins/idempotency.ts'
import { requireAllowance } from '../plugins/request-limits.ts'
import { requestState } from '../plugins/requests.ts'
import type { CompatCall } from './api.ts'

const API_KEY_HEADER = 'x-api-key'

/** Clients of other products send no `Idempotency-Key`. */
const runAlways: RunIdempotently = (_call, _replayable, run) => run(null)

/**
 * Returns a function that returns the commands of the vendor who has sent a request: its API key is in
 * `Authorization: Bearer` or `X-API-Key`. It throws `unauthorized` and `missing_scope`.
 */
export function createAuthorize(
  deps: Pick<Deps, 'store' | 'vault' | 'clock' | 'log' | 'config'>,
  parts: Pick<ClientParts, 'rateLimit' | 'clientAddressOf'> & KeyLimited,
) {
  return async ({ request, nowMs, set }: CompatCall, scope: Scope): Promise<Command> => {
    const token = readBearer(request) ?? request.headers.get(API_KEY_HEADER)
    const caller = await findTokenCaller(deps, parts, request, token)
    requestState(request).caller = caller
    if (parts.keyLimit !== null) requireAllowance(parts.keyLimit.take(caller.actor.id), set)
    requireScope(request, scope)
    const address = truncateAddress(parts.clientAddressOf(request), deps.config.ipStorage)
    // Clients of other products know no ETag.
    const call = { request, body: null, set: { headers: {} }, caller, address, nowMs }
    return createCommand(deps, runAlways, call)
  }
}

/**
 * Whether a request has a credential that only vendors send. Customers have a cookie, and perhaps a
 * password for a proxy in front of Licet.
 */
export const hasApiKey = ({ headers }: Request): boolean =>
  /^bearer\b/i.test(headers.get('authorization') ?? '') || headers.has(API_KEY_HEADER)
