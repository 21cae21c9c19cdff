import packageFile from '../../package.json' with { type: 'json' }

/** Put in by `scripts/build`, with the revision it was built from. */
declare const LICET_VERSION: string | undefined

export const version = typeof LICET_VERSION === 'string' ? LICET_VERSION : packageFile.version
