/** The plan and the terms of every seeded license. */
export const TERMS = {
  plan: 'bench',
  expiresAt: '2099-01-01T00:00:00Z',
  features: { sso: true, projects: 10 },
}

/** The activated domain of every seeded license. */
export const DOMAIN = 'customer.com'

/** Returns the fingerprint of the nth device. The nth license has the nth device. */
export const deviceOf = (index: number) => `device-${index}`
