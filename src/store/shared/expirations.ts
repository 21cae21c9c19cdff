import { PORTAL_CODE_MS } from '~/domain/portal-codes.ts'
import { PORTAL_SESSION_MS } from '~/domain/portal-sessions.ts'
import { SESSION_IDLE_MS, SESSION_MAX_MS, SETUP_LINK_MS } from '~/domain/sessions.ts'
import { DEACTIVATION_WINDOW_MS } from '~/domain/slots.ts'
import { DAY_MS } from '~/domain/times.ts'

/** An expired seat can be renewed for this long, while one is free. */
const EXPIRED_SEAT_KEPT_MS = 7 * DAY_MS

/** An expired license file is listed for this long. */
const EXPIRED_FILE_KEPT_MS = 30 * DAY_MS

/** A payment may take days, and the thank-you page is open for an hour after it. */
const CHECKOUT_SESSION_KEPT_MS = 30 * DAY_MS

/** Longer than any lease, and than what the clocks of an edge can differ. */
export const REVOKED_EDGE_KEPT_MS = DAY_MS

/** Tables whose rows are deleted once the time in a column is this long ago, in ms. */
export const expirations = [
  ['stored_responses', 'expires_at_ms', 0],
  ['former_keys', 'valid_until_ms', 0],
  ['seats', 'expires_at_ms', EXPIRED_SEAT_KEPT_MS],
  ['deactivations', 'at_ms', DEACTIVATION_WINDOW_MS],
  ['checkout_sessions', 'created_at_ms', CHECKOUT_SESSION_KEPT_MS],
  ['revocations', 'kept_until_ms', 0],
  ['license_files', 'expires_at_ms', EXPIRED_FILE_KEPT_MS],
  ['sessions', 'created_at_ms', SESSION_MAX_MS],
  ['sessions', 'last_seen_at_ms', SESSION_IDLE_MS],
  ['setup_links', 'created_at_ms', SETUP_LINK_MS],
  ['portal_sessions', 'created_at_ms', PORTAL_SESSION_MS],
  ['portal_codes', 'created_at_ms', PORTAL_CODE_MS],
] as const
