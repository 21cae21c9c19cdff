/** The products whose client APIs Licet can answer, so that apps which were shipped with them go on. */
export const compatSources = [
  'trafficorchestrator',
  'lemonsqueezy',
  'gumroad',
  'edd',
  'keygen',
] as const
export type CompatSource = (typeof compatSources)[number]
