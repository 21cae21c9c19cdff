import type { Server } from 'bun'
import { createRangeTest } from '~/domain/cidrs.ts'

const UNKNOWN = 'unknown'

export type ClientAddressOf = (request: Request, server: Server<unknown> | null) => string

/**
 * The address of whoever asks. Behind trusted proxies it is the rightmost entry of
 * `X-Forwarded-For` that is not one of them; from anybody else that header is not believed.
 */
export function createClientAddressOf(trustedProxies: readonly string[]): ClientAddressOf {
  const isTrusted = createRangeTest(trustedProxies)

  return (request, server) => {
    const peer = server?.requestIP(request)?.address ?? UNKNOWN
    if (!isTrusted(peer)) return peer
    const forwarded = request.headers.get('x-forwarded-for') ?? ''
    const addresses = forwarded.split(',').map((part) => part.trim())
    return addresses.findLast((address) => address !== '' && !isTrusted(address)) ?? peer
  }
}
