import packageFile from '../../package.json' with { type: 'json' }

/** Set by `scripts/build`: the version with the Git revision. */
declare const LICET_VERSION: string | undefined

export const version = typeof LICET_VERSION === 'string' ? LICET_VERSION : packageFile.version
