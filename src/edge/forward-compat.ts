import type { RunCompat } from '~/http/compat/respond.ts'
import type { Forward } from './forward.ts'

/** Returns a function that lets the primary answer requests in the format of another product. */
export const createForwardCompat =
  (forward: Forward): RunCompat =>
  async ({ request, requestId, bodyBytes }) => {
    const body = bodyBytes.length === 0 ? null : bodyBytes
    const response = await forward({ request, requestId, body, isCompat: true })
    const headers = Object.fromEntries(response.headers)
    return { status: response.status, headers, body: (await response.text()) || null }
  }
