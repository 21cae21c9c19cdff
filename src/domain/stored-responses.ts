import { DAY_MS } from './times.ts'

/** How long an idempotent request returns the first response. */
export const RESPONSE_STORED_MS = DAY_MS
