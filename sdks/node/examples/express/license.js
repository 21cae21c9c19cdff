import { Licet } from 'licet'

/** The license of this installation of your app. Your customer pastes the key into its settings. */
export const licet = new Licet({
  url: process.env.LICET_URL ?? 'https://licenses.example.com',
  appId: 'example-express',
  key: process.env.LICENSE_KEY,
  // Write the keys that `licet signing keys` prints here, as texts in your code. An example cannot.
  publicKeys: process.env.LICET_PUBLIC_KEYS?.split(','),
  onProblem: (problem) => console.error('license:', problem),
})

/**
 * Returns a middleware that lets requests through if the license has a feature. Most checks need no
 * request to the license server, and work while it cannot be reached.
 */
export function requireFeature(feature) {
  return async (_request, response, next) => {
    const { allowed, status, code, message } = await licet.check({ features: [feature] })
    if (allowed) return next()
    // Only a refusal is about the license. Without an answer, the customer can try again.
    response.status(status === 'refused' ? 402 : 503).json({ code, message })
  }
}
