/** Why a server serves requests but not everything works. /readyz and `licet_degraded` show these. */
export const degradationReasons = [
  'disk_full',
  'database_unwritable',
  'database_damaged',
  'log_growing',
  'usage_unavailable',
  'usage_set_aside',
] as const

export interface Degradation {
  readonly reason: (typeof degradationReasons)[number]
  /** A sentence for the operator: what is wrong and what to do. */
  readonly detail: string
}
