/** The version of this package, which it sends as its User-Agent. */
export const version = '0.1.0'
