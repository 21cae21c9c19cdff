import type { ApiKey } from '~/domain/api-keys.ts'
import type { Endpoint } from '~/domain/endpoints.ts'
import { deriveStatus, type LicenseRecord } from '~/domain/licenses.ts'
import { toTimestamp } from '~/domain/times.ts'

/** The metadata of a license that has the name of its app. */
export const APP_NAME = 'app_name'
/** The plan of licenses whose request names none, as the clients document it. */
export const PLAN_DEFAULT = 'professional'
/** The format needs a number, and there is no limit. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER
/** All generated tokens start with it. */
const TOKEN_PREFIX = 'licet_'

/**
 * The responses of the portal routes, as the types of the published client name their fields. Source:
 * https://www.npmjs.com/package/@traffic-orchestrator/client/v/2.1.0 (dist/index.d.ts)
 */
export function presentPortalLicense(
  { license, domains }: LicenseRecord,
  key: string,
  nowMs: number,
) {
  return {
    license_id: license.id,
    license_key: key,
    app_name: license.metadata[APP_NAME] ?? null,
    status: deriveStatus(license, nowMs),
    plan_id: license.planSlug,
    domains,
    created_at: toTimestamp(license.createdAtMs),
    expires_at: license.expiresAtMs === null ? null : toTimestamp(license.expiresAtMs),
  }
}
export type PortalLicense = ReturnType<typeof presentPortalLicense>

/** The outcome of a batch for one license: an error, or null if it succeeded. */
export interface BatchOutcome {
  readonly licenseId: string
  readonly error: string | null
}

export function presentBatch(action: string, outcomes: readonly BatchOutcome[]) {
  const failed = outcomes.filter(({ error }) => error !== null).length
  return {
    action,
    processed: outcomes.length,
    succeeded: outcomes.length - failed,
    failed,
    results: outcomes.map(({ licenseId, error }) =>
      error === null ? { licenseId, success: true } : { licenseId, success: false, error },
    ),
  }
}

export const presentPortalKey = ({ id, name, scopes, createdAtMs }: ApiKey) => ({
  id,
  name,
  prefix: TOKEN_PREFIX,
  scopes,
  created_at: toTimestamp(createdAtMs),
})

/** The scopes of ours that the words of Traffic Orchestrator stand for. Ours can be sent as well. */
const scopeWords: Readonly<Record<string, readonly string[]>> = {
  read: ['licenses:read', 'plans:read', 'usage:read', 'events:read', 'webhooks:read'],
  write: ['licenses:read', 'licenses:write'],
  admin: ['*'],
}

export const toScopes = (words: readonly string[]): readonly string[] => [
  ...new Set(words.flatMap((word) => scopeWords[word] ?? [word])),
]

export const presentPortalWebhook = ({ id, url, events, state, createdAtMs }: Endpoint) => ({
  config_id: id,
  url,
  events,
  enabled: state === 'enabled',
  created_at: toTimestamp(createdAtMs),
})

interface Figures {
  readonly validationsToday: number
  readonly validationsMonth: number
  readonly activeLicenses: number
}

/** Domains are not counted over all licenses, so there are none. */
export const presentPortalUsage = (figures: Figures) => ({
  ...figures,
  monthlyLimit: NO_LIMIT,
  activeDomains: 0,
})
