import type { AddCommand } from './program.ts'

const environment = `
Everything is configured by the environment, and works without any of it:
  LICET_HOST, LICET_PORT           where it listens (127.0.0.1, 3000)
  LICET_TLS_CERT, LICET_TLS_KEY    PEM files, to serve https
  LICET_DATA_DIR                   everything it keeps (./data)
  LICET_MASTER_SECRET              32 bytes in base64 (made once, in master.secret in there),
  LICET_MASTER_SECRET_FILE           or the path of a file that holds them
  LICET_ADMIN_TOKEN                an API key with all scopes
  LICET_ALLOWED_HOSTS              Host names that are answered (any)
  LICET_TRUSTED_PROXIES            ranges whose X-Forwarded-For is believed
  LICET_COUNTRY_HEADER             in which such a proxy states the country
  LICET_GEOIP_DB                   a MaxMind-format country database
  LICET_IP_STORAGE                 full, truncated or none (truncated)
  LICET_HISTORY_DAYS               how long single validations are kept (90)
  LICET_CACHE_MAX                  licenses in memory (100000),
  LICET_CACHE_TTL_SECONDS            and for how long (300)
  LICET_WEBHOOK_ALLOW_CIDRS        private ranges that webhooks may reach
  LICET_LOG_LEVEL                  debug, info, warn, error or silent (info)
  LICET_LOG_FORMAT                 json or pretty (pretty on a terminal)`

export const addServe: AddCommand = (program, readSettings) => {
  program
    .command('serve')
    .description('serve the API')
    .addHelpText('after', environment)
    .action(async () => {
      // Loaded here, because the other commands start in half the time without it.
      const { serve } = await import('~/server/serve.ts')
      await serve(readSettings())
    })
}
